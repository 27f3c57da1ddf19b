import { expect, test } from 'vitest';
import type { Column, Panel } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileKibana } from './compile.ts';
import { by, COUNT, lensOf, logs, markdownOf, OTHERS, object, of, panelOf, SIZE } from './kibana.fixture.ts';
import { listIn, objectIn, parsed } from './untrusted.ts';

test('a stat is a metric with colours from its thresholds', () => {
  const thresholds = [
    { color: 'bad' as const },
    { from: 7, color: 'warning' as const },
    { from: 30, color: 'good' as const },
  ];
  const { visualization, columns } = lensOf({ ...SIZE, kind: 'stat', query: logs([COUNT]), unit: 'days', thresholds });
  const { stops, colorStops } = objectIn(objectIn(visualization['palette'])['params']);
  expect(colorStops).toEqual([
    { color: '#E7664C', stop: null },
    { color: '#D6BF57', stop: 7 },
    { color: '#54B399', stop: 30 },
  ]);
  expect(listIn(stops).map((stop) => objectIn(stop)['stop'])).toEqual([7, 30, 31]);
  expect(columns['number-1']).toMatchObject({ label: 'It', operationType: 'count', sourceField: '___records___' });
  expect(objectIn(objectIn(columns['number-1'])['params'])['format']).toEqual({
    id: 'number',
    params: { decimals: 1, suffix: ' d' },
  });
});

test('each aggregation is the operation of this meaning, with the conditions of its column', () => {
  const query = logs(
    [
      { op: 'cardinality', field: 'fields.u', name: 'u', where: [{ field: 'm', is: 'a' }] },
      { op: 'sum', field: 'f', name: 's' },
      { op: 'avg', field: 'f', name: 'a' },
      { op: 'min', field: 'f', name: 'i' },
      { op: 'max', field: 'f', name: 'x' },
      { op: 'percentile', field: 'f', percent: 95, name: 'p', unit: 'seconds' },
      { op: 'last_seen', name: 'l' },
    ],
    { by: [by('g')] },
  );
  const { columns, visualization } = lensOf({ ...SIZE, kind: 'table', query });
  const numbers = Object.values(columns).map(objectIn).slice(1);
  const operations = numbers.map(({ operationType, sourceField }) => `${operationType} ${sourceField}`);
  expect(operations).toEqual([
    ...['unique_count fields.u', 'sum f', 'average f', 'min f', 'max f', 'percentile f', 'max @timestamp'],
  ]);
  expect(numbers[0]?.['filter']).toEqual({ query: 'm:"a"', language: 'kuery' });
  expect(objectIn(numbers[5]?.['params'])).toMatchObject({ percentile: 95, format: { id: 'duration' } });
  expect(numbers[6]?.['dataType']).toBe('date');
  expect(listIn(visualization['columns'])).toHaveLength(8);
});

test('a time series has its number per series, and thresholds as lines', () => {
  const panel: Panel = {
    ...{ ...SIZE, kind: 'timeseries', draw: 'bars', stacked: true, unit: 'per_second' },
    query: logs([COUNT], { over: 'time', by: [by('message')] }),
    thresholds: [{ color: 'good' }, { from: 5, color: 'bad' }],
    colors: { failed: 'bad' },
  };
  const { visualization, columns, layers } = lensOf(panel);
  const [data, lines] = listIn(visualization['layers']).map(objectIn);
  expect(data).toMatchObject({ seriesType: 'bar_stacked', xAccessor: 'time', splitAccessor: 'by-1' });
  expect(JSON.stringify(objectIn(data)['colorMapping'])).toContain(
    '"values":["failed"]},"color":{"type":"colorCode","colorCode":"#E7664C"',
  );
  expect(objectIn(columns['number-1'])['timeScale']).toBe('s');
  expect(objectIn(objectIn(columns['by-1'])['params'])['otherBucket']).toBe(true);
  expect(lines).toMatchObject({ layerType: 'referenceLine', accessors: ['threshold-1'] });
  expect(JSON.stringify(layers['thresholds'])).toContain('"value":"5"');
});

test('lines have the colours of their names', () => {
  const { visualization } = lensOf({
    ...{ ...SIZE, kind: 'timeseries', draw: 'line', colors: { events: 'good' } },
    query: logs([COUNT], { over: 'time' }),
  });
  const [data] = listIn(visualization['layers']).map(objectIn);
  expect(data?.['yConfig']).toEqual([{ forAccessor: 'number-1', axisMode: 'left', color: '#54B399' }]);
});

test('a top list is bars of the largest groups', () => {
  const { visualization, columns } = lensOf({ ...SIZE, kind: 'toplist', query: logs([COUNT], { by: [by('u')] }) });
  expect(listIn(visualization['layers'])[0]).toMatchObject({ seriesType: 'bar_horizontal', xAccessor: 'by-1' });
  expect(objectIn(columns['by-1'])['params']).toMatchObject({
    ...{ size: 5, orderBy: { type: 'column', columnId: 'number-1' }, orderDirection: 'desc', otherBucket: false },
  });
});

test('groups are ordered by a percentile where each of them has one', () => {
  const where = [{ field: 'f', exists: true }];
  const query = logs([{ op: 'percentile', field: 'f', percent: 95, name: 'p' }], { by: [by('u')], where });
  const { columns } = lensOf({ ...SIZE, kind: 'toplist', query });
  expect(objectIn(columns['by-1'])['params']).toMatchObject({ orderBy: { columnId: 'number-1' } });
});

test('a table leads to the events of a group', () => {
  const query = logs([COUNT], { by: [by('User'), by('Host')] });
  const panel: Panel = { ...SIZE, kind: 'table', query, drillDown: 'User' };
  expect(lensOf(panel).visualization['columns']).toEqual([
    { columnId: 'by-1', isTransposed: false, oneClickFilter: true },
    { columnId: 'by-2', isTransposed: false },
    { columnId: 'number-1', isTransposed: false },
  ]);
  expect(JSON.stringify(panelOf(panel))).toContain('OPEN_IN_DISCOVER_DRILLDOWN');
});

test('a donut of conditions has a slice for each', () => {
  const query = logs([
    { op: 'count', name: 'with', where: [{ field: 'f', exists: true }] },
    { op: 'count', name: 'without', where: [{ field: 'f', exists: false }] },
  ]);
  const { columns } = lensOf({ ...SIZE, kind: 'donut', query });
  expect(objectIn(objectIn(columns['by-1'])['params'])['filters']).toEqual([
    { input: { query: 'f:*', language: 'kuery' }, label: 'with' },
    { input: { query: 'not f:*', language: 'kuery' }, label: 'without' },
  ]);
  expect(objectIn(columns['number-1'])['filter']).toBeUndefined();
});

test('a donut of groups puts the smaller ones into one slice', () => {
  const { columns } = lensOf({ ...SIZE, kind: 'donut', query: logs([COUNT], { by: [by('u')] }) });
  expect(objectIn(columns['by-1'])['params']).toMatchObject({ otherBucket: true, missingBucket: true });
});

test('events are a saved search with the conditions of the dashboard', () => {
  const columns = [
    { field: '@timestamp', name: 'Time' },
    { field: 'level', name: 'Level' },
  ];
  const panel: Panel = { ...SIZE, kind: 'events', where: [{ field: 'level', is: 'WARN' }], columns };
  const search = object({ ...of(panel), base: [{ field: 'a', is: 'b' }] }, 'search');
  const attributes = objectIn(search['attributes']);
  expect(attributes).toMatchObject({ title: '[mirrord] It', columns: ['level'], sort: [['@timestamp', 'desc']] });
  const source = objectIn(parsed(objectIn(attributes['kibanaSavedObjectMeta'])['searchSourceJSON']));
  expect(source['query']).toEqual({ query: 'a:"b" and level:"WARN"', language: 'kuery' });
});

test('a text is markdown', () => {
  expect(markdownOf(panelOf({ ...SIZE, kind: 'text', text: '**Read** this.' }))).toBe('**Read** this.');
});

test('a target that asks something else is asked that', () => {
  const panel: Panel = {
    ...{ ...SIZE, kind: 'stat' },
    query: { source: 'metrics', of: 'tailrace', lines: [{ shape: 'rate', metric: 'm', name: 'm' }] },
    instead: { kibana: { query: logs([COUNT]), title: 'Of records' } },
  };
  expect(panelOf(panel)['title']).toBe('Of records');
});

const OVER = { over: 'time' } as const;
const UNIQUE: Column = { op: 'cardinality', field: 'u', name: 'users' };
const METRIC = { source: 'metrics', of: 'tailrace', lines: [{ shape: 'rate', metric: 'm', name: 'm' }] } as const;

test.each<[string, Panel]>([
  ['this is a metric', { ...SIZE, kind: 'stat', query: METRIC }],
  ['this is a metric', { ...SIZE, kind: 'heatmap', query: METRIC }],
  ['one number', { ...SIZE, kind: 'stat', query: logs([COUNT], { by: [by('u')] }) }],
  ['one number', { ...SIZE, kind: 'stat', query: logs([COUNT, UNIQUE]) }],
  ['this is a time', { ...SIZE, kind: 'stat', query: logs([{ op: 'last_seen', name: 'l' }]) }],
  ['per second', { ...SIZE, kind: 'stat', unit: 'per_second', query: logs([COUNT]) }],
  ['no `over`', { ...SIZE, kind: 'timeseries', draw: 'line', query: logs([COUNT]) }],
  [
    'at most one grouping',
    { ...SIZE, kind: 'timeseries', draw: 'line', query: logs([COUNT], { ...OVER, by: [by('a'), by('b')] }) },
  ],
  ['may be stacked', { ...SIZE, kind: 'timeseries', draw: 'bars', stacked: true, query: logs([UNIQUE], OVER) }],
  [
    'running sums',
    {
      ...SIZE,
      kind: 'timeseries',
      draw: 'line',
      query: logs([COUNT], { ...OVER, running: { plus: 'a', minus: 'b' } }),
    },
  ],
  ['one grouping and one number', { ...SIZE, kind: 'toplist', query: logs([COUNT]) }],
  ['over the time shown', { ...SIZE, kind: 'table', query: logs([COUNT], OVER) }],
  [
    'would come first',
    { ...SIZE, kind: 'toplist', query: logs([{ op: 'avg', field: 'f', name: 'a' }], { by: [by('u')] }) },
  ],
  ['none of its groupings', { ...SIZE, kind: 'table', query: logs([COUNT], { by: [by('u')] }), drillDown: 'x' }],
  ['leave out rows', { ...SIZE, kind: 'table', query: logs([COUNT], { having: { name: 'events', atLeast: 2 } }) }],
  ['add up to a whole', { ...SIZE, kind: 'donut', query: logs([UNIQUE], { by: [by('u')] }) }],
  ['differ in their conditions only', { ...SIZE, kind: 'donut', query: logs([COUNT, UNIQUE]) }],
])('refused: %s', (reason, panel) => {
  const build = () => compileKibana(of(panel), DEFAULTS, OTHERS);
  expect(build).toThrow(NotExpressible);
  expect(build).toThrow('panel "it" cannot be shown in kibana');
  expect(build).toThrow(reason);
});
