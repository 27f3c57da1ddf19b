import { describe, expect, test } from 'vitest';
import type { Column, MetricLine } from '../model.ts';
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

function formulasOf(definition: JsonObject): unknown[] {
  return requestOf(definition).formulas.map(({ formula }) => formula);
}

function queriesOf(definition: JsonObject): unknown[] {
  return requestOf(definition).queries.map(({ query }) => query);
}

const users: Column = { op: 'cardinality', field: 'fields.client_id', name: 'users' };
const p95: Column = { op: 'percentile', field: 'fields.session_duration', percent: 95, name: 'p95', unit: 'seconds' };

describe('numbers of logs', () => {
  test('unique counts are one number for the whole time, never a sum of steps', () => {
    const request = requestOf(widget(panel('stat', { query: logs({ agg: [users] }) })));
    expect(request['response_format']).toBe('scalar');
    expect(request.queries).toEqual([
      {
        ...{ data_source: 'logs', name: 'query1', indexes: ['*'], search: { query: 'env:test' } },
        compute: { aggregation: 'cardinality', metric: '@fields.client_id' },
      },
    ]);
    const overTime = logs({ agg: [users], over: 'time' });
    expect(widget(panel('timeseries', { draw: 'line', query: overTime }))['legend_columns']).not.toContain('sum');
    const counted = logs({ over: 'time' });
    expect(widget(panel('timeseries', { draw: 'line', query: counted }))['legend_columns']).toContain('sum');
  });

  test.each([
    [50, 'median'],
    [75, 'pc75'],
    [90, 'pc90'],
    [95, 'pc95'],
    [99, 'pc99'],
  ] as const)('percentile %i is %s', (percent, aggregation) => {
    const { queries } = requestOf(widget(panel('stat', { query: logs({ agg: [{ ...p95, percent }] }) })));
    expect(queries[0]?.['compute']).toEqual({ aggregation, metric: '@fields.session_duration' });
  });

  test('groups are the largest by the first column, in each query', () => {
    const by = [{ field: 'fields.port', size: 20, name: 'Port' }];
    const { queries, sort } = requestOf(widget(panel('table', { query: logs({ agg: [users, p95], by }) })));
    const group = {
      ...{ facet: '@fields.port', limit: 20 },
      sort: { aggregation: 'cardinality', metric: '@fields.client_id', order: 'desc' },
    };
    expect(queries.map(({ group_by }) => group_by)).toEqual([[group], [group]]);
    expect(sort).toEqual({ count: 20, order_by: [{ type: 'formula', index: 0, order: 'desc' }] });
  });

  test('a running difference begins with the time shown', () => {
    const agg = [
      { op: 'count', name: 'began', where: [{ field: 'kind', is: 'a' }] },
      { op: 'count', name: 'ended', where: [{ field: 'kind', is: 'b' }] },
    ] as const;
    const query = logs({ agg, over: 'time', running: { plus: 'began', minus: 'ended' } });
    const shown = widget(panel('timeseries', { draw: 'line', query }));
    expect(formulasOf(shown)).toEqual(['cumsum(default_zero(query1) - default_zero(query2))']);
    expect(requestOf(shown).queries.map(({ search }) => search)).toEqual([
      { query: 'env:test @kind:"a"' },
      { query: 'env:test @kind:"b"' },
    ]);
  });

  test('shares of columns with conditions of their own are written out', () => {
    const agg = [
      { op: 'count', name: 'with' },
      { op: 'count', name: 'without' },
    ] as const;
    const shown = widget(panel('donut', { query: logs({ agg }) }));
    expect(shown['type']).toBe('query_table');
    expect(formulasOf(shown)).toEqual([
      ...['default_zero(query1)', '100 * default_zero(query1) / (default_zero(query1) + default_zero(query2))'],
      ...['default_zero(query2)', '100 * default_zero(query2) / (default_zero(query1) + default_zero(query2))'],
    ]);
    const by = [{ field: 'protocol', size: 5, name: 'Protocol' }];
    expect(widget(panel('donut', { query: logs({ by }) }))['type']).toBe('sunburst');
  });

  test('a row’s link searches for its group, and keeps the variables', () => {
    const by = [{ field: 'fields.client_user', size: 50, name: 'User' }];
    const shown = panel('table', { query: logs({ by }), drillDown: 'User' });
    const variables = [{ name: 'target', label: 'Target', field: 'fields.target_name' }];
    expect(widget(shown, {}, { ...dashboardOf(shown), variables })['custom_links']).toEqual([
      {
        label: 'Events of this User',
        link: '/logs?query=env:test {{$target}} {{@fields.client_user}}&from_ts={{timestamp_start}}&to_ts={{timestamp_end}}&live=false',
      },
    ]);
  });

  test('events have the columns asked for, the newest first', () => {
    const columns = ['@timestamp', 'level', 'fields.message', 'service'].map((field) => ({ field, name: field }));
    const shown = widget(panel('events', { where: [{ field: 'level', is: 'ERROR' }], columns }));
    expect(requestOf(shown)).toEqual({
      response_format: 'event_list',
      query: {
        ...{ data_source: 'logs_stream', query_string: 'env:test @level:"ERROR"', indexes: [] },
        sort: { column: 'timestamp', order: 'desc' },
      },
      columns: ['status_line', 'timestamp', '@level', '@fields.message', 'service'].map((field) => ({
        field,
        width: 'auto',
      })),
    });
  });
});

describe('numbers of metrics', () => {
  test.each([
    [{ shape: 'gauge', metric: 'm', fold: 'max' }, 'max:m{*}', 'query1', 'last'],
    [{ shape: 'gauge', metric: 'm', fold: 'min', scale: 1 / 86_400 }, 'min:m{*}', 'query1 / 86400', 'last'],
    [{ shape: 'gauge', metric: 'm', fold: 'sum', scale: 1024 }, 'sum:m{*}', 'query1 * 1024', 'last'],
    [{ shape: 'rate', metric: 'm_total' }, 'sum:m_total{*}.as_rate()', 'query1', 'avg'],
    [
      { shape: 'increase', metric: 'm', where: [{ label: 'k', is: 'A b' }] },
      'sum:m{k:a_b}.as_count()',
      'query1',
      'sum',
    ],
    [{ shape: 'quantile', metric: 'h', percent: 99 }, 'p99:h{*}', 'query1', 'percentile'],
  ] as const)('%j', (line, query, formula, aggregator) => {
    const shown = widget(panel('stat', { query: metrics({ ...line, name: 'n' }) }));
    expect(requestOf(shown).queries).toEqual([{ data_source: 'metrics', name: 'query1', query, aggregator }]);
    expect(formulasOf(shown)).toEqual([formula]);
  });

  const read = { shape: 'increase', metric: 'read' } as const;
  const sent = { shape: 'increase', metric: 'sent' } as const;
  test.each([
    [{ shape: 'ratio', over: sent, under: read, atMost: 1 }, '100 * (clamp_max(default_zero(query1) / query2, 1))'],
    [
      { shape: 'ratio', over: sent, under: { shape: 'difference', from: read, minus: sent } },
      '100 * (default_zero(query1) / (query2 - query3))',
    ],
    [
      { shape: 'difference', from: read, minus: { shape: 'difference', from: read, minus: sent } },
      '100 * (query1 - (query2 - query3))',
    ],
  ] as const)('%j as a share', (line, formula) => {
    expect(formulasOf(widget(panel('stat', { unit: 'ratio', query: metrics({ ...line, name: 'n' }) })))).toEqual([
      formula,
    ]);
  });

  test('names and units follow the parameters', () => {
    const line = { name: 'p50', shape: 'quantile', metric: 'mirrord_ping', percent: 50 } as const;
    const ping = panel('stat', { unit: 'seconds', query: metrics(line) });
    const shown = widget(ping, { metric_prefix: 'prod:', datadog_namespace: 'acme', histogram_unit: 'milliseconds' });
    expect(queriesOf(shown)).toEqual(['p50:acme.prod_mirrord_ping{*}']);
    expect(formulasOf(shown)).toEqual(['query1 / 1000']);
    const inMilliseconds = panel('stat', { unit: 'milliseconds', query: metrics(line) });
    expect(formulasOf(widget(inMilliseconds))).toEqual(['query1 * 1000']);
    const ours = panel('stat', { unit: 'seconds', query: { ...metrics(line), of: 'tailrace' } });
    expect(queriesOf(widget(ours, { metric_prefix: 'prod_', histogram_unit: 'milliseconds' }))).toEqual([
      'p50:mirrord_ping{*}',
    ]);
    expect(formulasOf(widget(ours, { histogram_unit: 'milliseconds' }))).toEqual(['query1']);
  });

  test('nothing counted is 0 while there is a tailrace to count, and no data without one', () => {
    const lost = { name: 'lost', shape: 'increase', metric: 'tailrace_lost_total' } as const;
    const ours = (line: MetricLine) => widget(panel('stat', { query: { ...metrics(line), of: 'tailrace' } }));
    expect(formulasOf(ours(lost))).toEqual(['default_zero(query1) + 0 * query2']);
    expect(queriesOf(ours(lost))).toEqual(['sum:tailrace_lost_total{*}.as_count()', 'max:tailrace_build_info{*}']);
    expect(formulasOf(ours({ name: 'up', shape: 'gauge', metric: 'up', fold: 'min' }))).toEqual(['query1']);
  });

  test('a heat map shows a distribution’s points, in the unit that they have', () => {
    const query = metrics({ name: 'ping', shape: 'buckets', metric: 'ping' });
    const shown = widget(panel('heatmap', { unit: 'seconds', query }), { histogram_unit: 'milliseconds' });
    expect(shown).toMatchObject({
      title: 'Example (ms)',
      requests: [
        { request_type: 'histogram', query: { data_source: 'metrics', name: 'query1', query: 'histogram:ping{*}' } },
      ],
    });
  });

  test('a graph of extremes does not average them away', () => {
    const query = metrics({ name: 'fill', shape: 'gauge', metric: 'fill', fold: 'max', by: ['sink'] });
    expect(queriesOf(widget(panel('timeseries', { draw: 'line', query })))).toEqual([
      'max:fill{*} by {sink}.rollup(max)',
    ]);
  });
});
