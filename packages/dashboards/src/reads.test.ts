import { expect, test } from 'vitest';
import { suits, typesThatSuit } from './field-types.ts';
import type { Dashboard, LogQuery, Panel } from './model.ts';
import { DEFAULTS } from './parameters.ts';
import { fieldsRead, metricsRead } from './reads.ts';

const placed = { description: '.', width: 4, height: 4, unit: 'none' } as const;
const query: LogQuery = {
  source: 'logs',
  where: [
    { field: 'fields.message', is: ['a', 'b'] },
    { field: 'fields.port', is: [80, 'http'] },
  ],
  agg: [
    { op: 'cardinality', field: 'fields.user', name: 'users', where: [{ field: 'fields.old', isNot: true }] },
    { op: 'percentile', percent: 50, field: 'fields.took', name: 'p50' },
    { op: 'last_seen', name: 'last' },
  ],
  by: [{ field: 'fields.target', size: 5, name: 'Target' }],
};
const panels: readonly Panel[] = [
  { ...placed, kind: 'table', id: 'table', title: 'T', query },
  {
    ...{ ...placed, kind: 'stat', id: 'ratio', title: 'R' },
    query: {
      ...{ source: 'metrics', of: 'mirrord' },
      lines: [
        {
          ...{ name: 'x', shape: 'ratio' },
          over: { shape: 'rate', metric: 'read', by: ['queue'], where: [{ label: 'kind', is: 'sqs' }] },
          under: { shape: 'quantile', metric: 'took', percent: 50 },
        },
      ],
    },
    except: { datadog: 'no' },
    instead: { local: { query: { source: 'logs', where: [], agg: [{ op: 'count', name: 'n' }] } } },
  },
  {
    ...{ ...placed, kind: 'events', id: 'events', title: 'E' },
    where: [
      { field: 'level', exists: true },
      { field: 'fields.name', startsNotWith: 'x' },
      { field: 'fields.size', atLeast: 3 },
    ],
    columns: [{ field: 'log', name: 'L' }],
  },
];
const dashboard: Dashboard = {
  ...{ id: 'd', system: 'mirrord', name: 'D', description: '.', time: { from: '1h', refresh: '1m' }, links: [] },
  base: [{ field: 'fields.base', is: 'x' }],
  variables: [{ name: 'v', label: 'V', field: 'fields.choice', label_name: 'choice', metric: 'read' }],
  rows: [{ title: 'R', panels }],
};

const read = (panel: string, target: string) =>
  fieldsRead(dashboard, { ...DEFAULTS, field_prefix: 'p.' })
    .filter((one) => one.panel === panel && one.target === target)
    .map(({ field, use }) => `${field} ${use}`);

const SHARED = ['@timestamp time', 'p.base equals_text', 'p.choice choice'];

test('names each field of a log query, what is done with it, and what holds for each query', () => {
  expect(read('table', 'kibana')).toEqual([
    ...SHARED,
    ...['p.message equals_text', 'p.port equals_number', 'p.port equals_text', 'p.old equals_flag'],
    ...['p.user distinct', 'p.took calculation', 'p.target groups'],
  ]);
  expect(read('events', 'grafana')).toEqual([
    ...SHARED,
    ...['level exists', 'p.name begins_with', 'p.size range', 'log shown'],
  ]);
  expect(read('variable v', 'datadog')).toEqual(['p.choice choice']);
});

test('follows what a target asks instead, and leaves out what it does not show', () => {
  expect([read('ratio', 'grafana'), read('ratio', 'datadog')]).toEqual([[], []]);
  expect(read('ratio', 'local')).toEqual(SHARED);
  const metrics = metricsRead(dashboard, { ...DEFAULTS, metric_prefix: 'prod_' });
  const ofRatio = metrics.filter(({ panel, target }) => panel === 'ratio' && target === 'grafana');
  expect(ofRatio.map(({ metric, kind, labels }) => [metric, kind, labels])).toEqual([
    ['prod_read', 'counter', ['kind', 'queue']],
    ['prod_took', 'histogram', []],
  ]);
  expect(metrics.some(({ panel, target }) => panel === 'ratio' && target !== 'grafana' && target !== 'kibana')).toBe(
    false,
  );
  expect(metrics.filter(({ panel }) => panel === 'variable v')).toEqual([
    { panel: 'variable v', target: 'grafana', of: 'mirrord', metric: 'prod_read', kind: 'any', labels: ['choice'] },
    { panel: 'variable v', target: 'datadog', of: 'mirrord', metric: 'prod_read', kind: 'any', labels: ['choice'] },
  ]);
});

test('the local page takes the choices of a variable from metrics where events do not have it', () => {
  const variables = [{ name: 'v', label: 'V', label_name: 'choice', metric: 'read' }];
  const metrics = metricsRead({ ...dashboard, variables }, DEFAULTS);
  expect(metrics.filter(({ panel }) => panel === 'variable v').map(({ target }) => target)).toEqual([
    ...['grafana', 'datadog', 'local'],
  ]);
});

test('types have to suit what is done with a field, and where', () => {
  expect([suits('keyword', 'calculation', 'kibana'), suits('long', 'calculation', 'kibana')]).toEqual([false, true]);
  expect([suits('text', 'groups', 'kibana'), suits('text', 'groups', 'datadog')]).toEqual([false, true]);
  expect([suits('flattened', 'exists', 'grafana'), suits('flattened', 'groups', 'grafana')]).toEqual([true, false]);
  expect([suits('date_nanos', 'time', 'kibana'), suits('keyword', 'time', 'local')]).toEqual([true, false]);
  expect(typesThatSuit('equals_flag', 'kibana')).toEqual(['boolean']);
});
