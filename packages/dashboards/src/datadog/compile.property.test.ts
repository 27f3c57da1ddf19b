import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Column, Condition, LogQuery, MetricExpression, MetricLine, Panel } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileDatadog } from './compile.ts';
import { dashboardOf, panel } from './example.fixture.ts';
import { faultsIn } from './file-check.fixture.ts';

const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('fields.client_user', 'level', 'service', 'a-b:c') },
  fc.constantFrom('message', '@timestamp'),
  fc.string({ unit: fc.constantFrom(...'ab.-:"\\ ($'), minLength: 1, maxLength: 8 }),
);
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const number = fc.oneof({ weight: 4, arbitrary: fc.integer() }, fc.double());
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field, is: fc.oneof(text, number, fc.boolean(), fc.array(text, { maxLength: 3 })) }),
  fc.record({ field, isNot: fc.oneof(text, fc.array(number, { maxLength: 3 })) }),
  fc.record({ field, exists: fc.boolean() }),
  fc.record({ field, startsWith: text }),
  fc.record({ field, atLeast: number }),
);
const unit = fc.constantFrom('none', 'seconds', 'ratio', 'per_second', 'days', 'bytes');
const name = fc.constantFrom('a', 'b', 'c');
const column: fc.Arbitrary<Column> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('count'), name, where: fc.array(condition, { maxLength: 1 }) }) },
  fc.record({ op: fc.constant('count'), name, where: fc.array(condition, { maxLength: 1 }) }),
  fc.record({ op: fc.constantFrom('cardinality', 'sum', 'avg', 'min', 'max'), field, name }),
  fc.record({ op: fc.constant('percentile'), field, percent: fc.constantFrom(50, 95), name, unit }),
  fc.record({ op: fc.constant('last_seen'), name }),
);
const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 2, selector: (each) => each.name });
const logQuery = (over: 'time' | 'whole'): fc.Arbitrary<LogQuery> =>
  fc
    .record({
      where: fc.array(condition, { maxLength: 2 }),
      agg: columns,
      by: fc.array(fc.record({ field, size: fc.integer({ min: 1, max: 50 }), name }), { maxLength: 2 }),
      time: fc.constant(over === 'time'),
      running: fc.option(fc.record({ plus: name, minus: name }), { freq: 5, nil: undefined }),
    })
    .map(({ agg: [first, ...more], time, running, ...query }) => ({
      ...{ source: 'logs', ...query, agg: [first!, ...more] },
      ...(time && { over: 'time' }),
      ...(running && { running }),
    }));

const label = fc.constantFrom('component_id', 'Node', '_x');
const expression: fc.Arbitrary<MetricExpression> = fc.letrec<{ all: MetricExpression; one: MetricExpression }>(
  (tie) => {
    const base = { metric: fc.constantFrom('m_total', 'a:b', 'h'), by: fc.array(label, { maxLength: 2 }) };
    const fold = fc.constantFrom('sum', 'min', 'max', 'avg');
    return {
      one: fc.oneof(
        fc.record({ ...base, shape: fc.constant('gauge'), fold, scale: fc.constantFrom(1, 1 / 60, 0.3) }),
        fc.record({ ...base, shape: fc.constantFrom('rate', 'increase', 'buckets') }),
        fc.record({ ...base, shape: fc.constant('quantile'), percent: fc.constantFrom(50, 99) }),
      ),
      all: fc.oneof(
        { maxDepth: 2 },
        tie('one'),
        fc.record({ shape: fc.constant('ratio'), over: tie('all'), under: tie('all'), atMost: fc.constant(1) }),
        fc.record({ shape: fc.constant('difference'), from: tie('all'), minus: tie('all') }),
      ),
    };
  },
).all;
const line: fc.Arbitrary<MetricLine> = fc.tuple(expression, name).map(([each, called]) => ({ ...each, name: called }));
const metricQuery = fc
  .tuple(fc.constantFrom('mirrord', 'tailrace'), line, fc.array(line, { maxLength: 2 }))
  .map(([of, first, more]) => ({ source: 'metrics', of, lines: [first, ...more] }) as const);

const overTime = fc.oneof(logQuery('time'), metricQuery);
const query = fc.oneof(logQuery('whole'), logQuery('time'), metricQuery);
const colors = fc.dictionary(name, fc.constantFrom('good', 'bad'), { maxKeys: 2 });
const thresholds = fc.constant([{ color: 'good' }, { from: 1, color: 'bad' }] as const);
const anyPanel: fc.Arbitrary<Panel> = fc.oneof(
  fc.record({ query, unit, thresholds }).map((members) => panel('stat', members)),
  fc
    .record({ query: overTime, unit, thresholds, colors, draw: fc.constantFrom('line', 'bars'), stacked: fc.boolean() })
    .map((members) => panel('timeseries', members)),
  fc.record({ query, unit }).map((members) => panel('toplist', members)),
  fc.record({ query, unit, drillDown: name }).map((members) => panel('table', members)),
  fc.record({ query, unit }).map((members) => panel('table', members)),
  fc.record({ query: logQuery('whole'), unit }).map((members) => panel('donut', members)),
  fc.record({ query: metricQuery, unit }).map((members) => panel('heatmap', members)),
  fc
    .record({ where: fc.array(condition), columns: fc.array(fc.record({ field, name })) })
    .map((members) => panel('events', members)),
);

test('any panel becomes a file in order, or is refused with a reason', () => {
  const counts = { built: 0, refused: 0 };
  const built = (each: Panel): string | undefined => {
    try {
      return compileDatadog(dashboardOf(each), DEFAULTS, []);
    } catch (error) {
      if (error instanceof NotExpressible) return undefined;
      throw error;
    }
  };
  fc.assert(
    fc.property(anyPanel, (each) => {
      const file = built(each);
      counts[file === undefined ? 'refused' : 'built']++;
      if (file !== undefined) expect(faultsIn(file)).toEqual([]);
    }),
    { numRuns: 200 },
  );
  expect(counts.built).toBeGreaterThan(5);
  expect(counts.refused).toBeGreaterThan(5);
});
