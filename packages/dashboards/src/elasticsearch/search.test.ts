import { expect, test } from 'vitest';
import { DASHBOARD } from '../log-query.fixture.ts';
import type { EventsPanel, LogQuery } from '../model.ts';
import { DEFAULTS, parametersFrom } from '../parameters.ts';
import { readEvents, readSearch } from './answer.ts';
import { eventsSearchOf, searchOf } from './search.ts';

const VIEW = { from: 0, to: 120_000, step: 60_000 };
const ERRORS: LogQuery = {
  source: 'logs',
  where: [{ field: 'level', is: ['ERROR', 'WARN'] }],
  agg: [{ op: 'count', name: 'errors' }],
  by: [{ field: 'fields.user', size: 5, name: 'User' }],
  over: 'time',
};
const PANEL: EventsPanel = {
  ...{ kind: 'events', id: 'newest', title: 'Newest', description: 'The newest.', width: 24, height: 8, unit: 'none' },
  where: [],
  columns: [
    { field: '@timestamp', name: 'Time' },
    { field: 'fields.port', name: 'Port' },
  ],
};

test('a query over time by a field', () => {
  expect(searchOf(ERRORS, DASHBOARD, parametersFrom(['field_prefix=log.']), VIEW)).toMatchInlineSnapshot(`
    {
      "aggs": {
        "all": {
          "aggs": {
            "g": {
              "aggs": {
                "t": {
                  "aggs": {},
                  "date_histogram": {
                    "extended_bounds": {
                      "max": 119999,
                      "min": 0,
                    },
                    "field": "@timestamp",
                    "fixed_interval": "60000ms",
                    "format": "epoch_millis",
                    "min_doc_count": 0,
                  },
                },
              },
              "terms": {
                "field": "log.user",
                "order": [
                  {
                    "_count": "desc",
                  },
                  {
                    "_key": "asc",
                  },
                ],
                "shard_size": 1000,
                "size": 5,
              },
            },
          },
          "filter": {
            "match_all": {},
          },
        },
      },
      "query": {
        "bool": {
          "filter": [
            {
              "range": {
                "@timestamp": {
                  "format": "epoch_millis",
                  "gte": 0,
                  "lt": 120000,
                },
              },
            },
            {
              "terms": {
                "level": [
                  "ERROR",
                  "WARN",
                ],
              },
            },
          ],
          "must_not": [
            {
              "prefix": {
                "log.place": {
                  "value": "b",
                },
              },
            },
          ],
        },
      },
      "size": 0,
    }
  `);
});

test('buckets become rows, the steps without events too', () => {
  const user = { key: 'ann', doc_count: 3, t: { buckets: [{ key: 60_000, doc_count: 3 }] } };
  const answer = { _shards: { failed: 0 }, aggregations: { all: { doc_count: 3, g: { buckets: [user] } } } };
  expect(readSearch(ERRORS, VIEW, answer)).toEqual([
    { groups: ['ann'], time: 0, columns: [0] },
    { groups: ['ann'], time: 60_000, columns: [3] },
  ]);
});

test('where no index meets the pattern there are no groups, and numbers without events', () => {
  const { by: _, over: __, ...whole } = ERRORS;
  const agg = [
    { op: 'count', name: 'errors' },
    { op: 'sum', field: 'fields.took', name: 'took' },
    { op: 'cardinality', field: 'fields.user', name: 'users' },
    { op: 'percentile', field: 'fields.took', percent: 50, name: 'p50' },
    { op: 'last_seen', name: 'seen' },
  ] as const;
  expect(readSearch({ ...whole, agg }, VIEW, {})).toEqual([{ groups: [], columns: [0, 0, 0, null, null] }]);
  expect(readSearch(ERRORS, VIEW, {})).toEqual([]);
});

test('an answer of some shards only is none', () => {
  expect(() => readSearch(ERRORS, VIEW, { _shards: { failed: 2 } })).toThrow('2 shards failed');
  expect(() => readEvents(PANEL, DEFAULTS, { timed_out: true })).toThrow('the search timed out');
});

test('the newest events', () => {
  const parameters = parametersFrom(['field_prefix=']);
  const body = eventsSearchOf(PANEL, DASHBOARD, parameters, VIEW, 50);
  expect(body).toMatchObject({
    size: 50,
    fields: [{ field: '@timestamp', format: 'epoch_millis' }, { field: 'port' }],
  });
  const hits = [{ fields: { '@timestamp': ['1772323200000'], port: [80] } }, { fields: { '@timestamp': ['5'] } }];
  expect(readEvents(PANEL, parameters, { hits: { hits } })).toEqual([
    [1_772_323_200_000, 80],
    [5, null],
  ]);
});
