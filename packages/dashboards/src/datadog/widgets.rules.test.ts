import { describe, expect, test } from 'vitest';
import type { Column, Panel, TimeseriesPanel } from '../model.ts';
import { dashboardOf, logs, metrics, panel, widget } from './example.fixture.ts';
import type { JsonObject } from './units.ts';

interface Request {
  readonly queries: readonly JsonObject[];
  readonly formulas: readonly JsonObject[];
}

function requestOf(definition: JsonObject): Request & JsonObject {
  const [request] = definition['requests'] as unknown as readonly (Request & JsonObject)[];
  return request!;
}

function queriesOf(definition: JsonObject): unknown[] {
  return requestOf(definition).queries.map(({ query }) => query);
}

const users: Column = { op: 'cardinality', field: 'fields.client_id', name: 'users' };
const p95: Column = { op: 'percentile', field: 'fields.session_duration', percent: 95, name: 'p95', unit: 'seconds' };

describe('colours', () => {
  test('thresholds become rules from the highest step down', () => {
    const query = metrics({ name: 'n', shape: 'gauge', metric: 'm', fold: 'min' });
    const steps = [{ color: 'bad' }, { from: 0.95, color: 'warning' }, { from: 0.99, color: 'good' }] as const;
    const shown = requestOf(widget(panel('stat', { unit: 'ratio', query, thresholds: steps })));
    expect(shown['conditional_formats']).toEqual([
      { comparator: '>=', value: 99, palette: 'white_on_green' },
      { comparator: '>=', value: 95, palette: 'white_on_yellow' },
      { comparator: '<', value: 95, palette: 'white_on_red' },
    ]);
    const graph = panel('timeseries', {
      draw: 'line',
      unit: 'ratio',
      query,
      thresholds: [{ from: 0.8, color: 'bad' }],
    });
    expect(widget(graph)['markers']).toEqual([{ value: 'y = 80', display_type: 'error dashed' }]);
  });

  test('a group with a colour of its own is a query of its own, and the others stay together', () => {
    const by = [{ field: 'class', size: 5, name: 'Class' }];
    const query = logs({ by, over: 'time' });
    const shown = requestOf(
      widget(panel('timeseries', { draw: 'bars', stacked: true, query, colors: { '5xx': 'bad' } })),
    );
    expect(shown.queries.map(({ search }) => search)).toEqual([
      { query: 'env:test @class:"5xx"' },
      { query: 'env:test -@class:"5xx"' },
    ]);
    expect(shown.formulas).toEqual([
      { formula: 'query1', alias: '5xx', style: { palette: 'red' } },
      { formula: 'query2', alias: 'others' },
    ]);
  });

  test('the same of metrics, and lines by their names', () => {
    const line = { name: 'sent', shape: 'rate', metric: 'sent', by: ['class'] } as const;
    const shown = panel('timeseries', { draw: 'line', query: metrics(line), colors: { '5xx': 'bad' } });
    expect(queriesOf(widget(shown))).toEqual([
      'sum:sent{class:5xx} by {class}.as_rate()',
      'sum:sent{!class:5xx} by {class}.as_rate()',
    ]);
    const named = panel('timeseries', { draw: 'line', query: metrics(line), colors: { sent: 'good' } });
    expect(requestOf(widget(named)).formulas[0]?.['style']).toEqual({ palette: 'green' });
  });
});

describe('bars and areas of several series that must not be added up become lines', () => {
  const draw = (members: Pick<TimeseriesPanel, 'draw'> & Partial<TimeseriesPanel>) =>
    requestOf(widget(panel('timeseries', { query: logs({ over: 'time' }), ...members })))['display_type'];
  const grouped = logs({ over: 'time', by: [{ field: 'a', size: 3, name: 'A' }] });

  test.each([
    ['bars', false, logs({ over: 'time' }), 'bars'],
    ['bars', true, grouped, 'bars'],
    ['bars', false, grouped, 'line'],
    ['area', false, grouped, 'line'],
    ['area', true, grouped, 'area'],
  ] as const)('%s, stacked: %s', (shape, stacked, query, shown) => {
    expect(draw({ draw: shape, stacked, query })).toBe(shown);
  });
});

describe('what Datadog cannot show honestly is refused', () => {
  const grouped = logs({ by: [{ field: 'a', size: 3, name: 'A' }] });
  const gauge = { name: 'n', shape: 'gauge', metric: 'm', fold: 'max' } as const;
  const buckets = { name: 'n', shape: 'buckets', metric: 'm' } as const;
  test.each<[string, Panel, RegExp]>([
    [
      'rows by a number',
      panel('table', { query: { ...grouped, having: { name: 'events', atLeast: 2 } } }),
      /cannot be left out/,
    ],
    [
      'the newest time',
      panel('table', { query: logs({ agg: [{ op: 'last_seen', name: 'seen' }] }) }),
      /no aggregation of logs/,
    ],
    ['several numbers in one', panel('stat', { query: logs({ agg: [users, p95] }) }), /shows one number/],
    ['groups in one number', panel('stat', { query: grouped }), /shows one number/],
    ['a top list of nothing', panel('toplist', { query: logs() }), /one number for each group/],
    ['a graph of no time', panel('timeseries', { draw: 'line', query: logs() }), /not over time/],
    ['a number of steps', panel('stat', { query: logs({ over: 'time' }) }), /is over time/],
    [
      'stacked lines',
      panel('timeseries', { draw: 'line', stacked: true, query: logs({ over: 'time' }) }),
      /never stacked/,
    ],
    [
      'counts a second',
      panel('timeseries', { draw: 'line', unit: 'per_second', query: logs({ over: 'time' }) }),
      /not by second/,
    ],
    ['shares of percentiles', panel('donut', { query: logs({ agg: [p95] }) }), /no shares/],
    ['a histogram as a line', panel('stat', { query: metrics(buckets) }), /is a heatmap/],
    ['a heat map of no histogram', panel('heatmap', { query: metrics(gauge) }), /one histogram as a whole/],
    [
      'a text that is a facet nowhere',
      panel('stat', { query: logs({ where: [{ field: 'message', is: 'x' }] }) }),
      /is its text/,
    ],
    ['a drill-down into nothing', panel('table', { query: grouped, drillDown: 'B' }), /no grouping/],
    [
      'a running difference of nothing',
      panel('timeseries', { draw: 'line', query: logs({ over: 'time', running: { plus: 'a', minus: 'b' } }) }),
      /names no columns/,
    ],
  ])('%s', (_, refused, reason) => {
    expect(() => widget(refused)).toThrow(reason);
    expect(() => widget(refused)).toThrow(
      /^panel "example" cannot be shown in datadog: .*; change the panel, or say so/,
    );
  });

  test('logs of a dashboard that does not say which are its own', () => {
    const { datadogTags: _, ...without } = dashboardOf();
    expect(() => widget(panel('stat', { query: logs() }), {}, without)).toThrow(/no `datadogTags`/);
  });
});
