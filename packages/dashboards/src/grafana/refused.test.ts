import { expect, test } from 'vitest';
import { library } from '../library.generated.ts';
import type { Dashboard, LogQuery, Panel } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileGrafana } from './compile.ts';

const usage = library.find(({ id }) => id === 'mirrord-usage')!;
const about = { id: 'p', title: 'P', description: 'D.', unit: 'none', width: 12, height: 8 } as const;
const count = { op: 'count', name: 'n' } as const;
const by = { field: 'fields.a', size: 5, name: 'A' } as const;
const logs = (more: Partial<LogQuery> = {}): LogQuery => ({ source: 'logs', where: [], agg: [count], ...more });

function only(panel: Panel): Dashboard {
  return { ...usage, rows: [{ title: 'Row', panels: [panel] }] };
}

const REFUSED: [string, Panel, RegExp][] = [
  ['groups in a stat', { ...about, kind: 'stat', query: logs({ by: [by] }) }, /a stat is one number/],
  ['steps in a toplist', { ...about, kind: 'toplist', query: logs({ by: [by], over: 'time' }) }, /a toplist has one/],
  [
    'two numbers in a toplist',
    { ...about, kind: 'toplist', query: logs({ by: [by], agg: [count, count] }) },
    /one number/,
  ],
  ['a time series without steps', { ...about, kind: 'timeseries', draw: 'line', query: logs() }, /over: 'time'/],
  [
    'a running difference of what does not add up',
    {
      ...{ ...about, kind: 'timeseries', draw: 'line' },
      query: logs({
        ...{ over: 'time', running: { plus: 'n', minus: 'm' } },
        agg: [count, { op: 'cardinality', field: 'fields.a', name: 'm' }],
      }),
    },
    /two counts or sums/,
  ],
  [
    'the same aggregation twice in a table',
    {
      ...{ ...about, kind: 'table' },
      query: logs({ by: [by], agg: [count, { ...count, name: 'm', where: [{ field: 'level', is: 'ERROR' }] }] }),
    },
    /cannot tell apart/,
  ],
  ['a table without groups', { ...about, kind: 'table', query: logs() }, /a table has groups/],
  [
    'too many rows',
    {
      ...about,
      kind: 'table',
      query: logs({
        by: [
          { ...by, size: 300 },
          { ...by, name: 'B', field: 'b', size: 300 },
        ],
      }),
    },
    /90000 rows/,
  ],
  [
    'a drill-down from a field without a variable',
    { ...about, kind: 'table', query: logs({ by: [by] }), drillDown: 'A' },
    /needs a variable of fields\.a/,
  ],
  [
    'a drill-down from nothing',
    { ...about, kind: 'table', query: logs({ by: [by] }), drillDown: 'B' },
    /no grouping "B"/,
  ],
  ['two groupings in a donut', { ...about, kind: 'donut', query: logs({ by: [by, by] }) }, /a donut has one/],
  [
    'a heatmap of a gauge',
    {
      ...{ ...about, kind: 'heatmap' },
      query: { source: 'metrics', of: 'mirrord', lines: [{ name: 'g', shape: 'gauge', fold: 'sum', metric: 'g' }] },
    },
    /buckets of one histogram/,
  ],
  [
    'an order by what Grafana does not ask for',
    {
      ...{ ...about, kind: 'timeseries', draw: 'line' },
      query: logs({ over: 'time', by: [by], agg: [{ op: 'percentile', percent: 90, field: 'a', name: 'p90' }] }),
    },
    /90th percentile/,
  ],
  [
    'a ratio of numbers by different labels',
    {
      ...{ ...about, kind: 'stat' },
      query: {
        ...{ source: 'metrics', of: 'mirrord' },
        lines: [
          {
            ...{ name: 'r', shape: 'ratio', over: { shape: 'rate', metric: 'a', by: ['x'] } },
            under: { shape: 'rate', metric: 'b' },
          },
        ],
      },
    },
    /the same labels/,
  ],
];

test.each(REFUSED)('%s is refused when the file is built', (_, panel, reason) => {
  expect(() => compileGrafana(only(panel), DEFAULTS, [])).toThrow(reason);
  const left = only({ ...panel, except: { grafana: 'it cannot' } });
  expect(JSON.parse(compileGrafana(left, DEFAULTS, []))).toMatchObject({ panels: [] });
});
