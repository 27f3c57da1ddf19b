import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DASHBOARD, queries } from '../log-query.fixture.ts';
import type { MetricExpression, MetricLine, Panel, Query } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileGrafana } from './compile.ts';
import { type GrafanaFile, RULES } from './lint.fixture.ts';

const base = {
  metric: fc.constantFrom('a_total', 'b_total', 'c'),
  by: fc.subarray(['component_id', 'le2']),
  where: fc.array(fc.record({ label: fc.constant('l'), is: fc.string() }), { maxLength: 1 }),
};
const simple: fc.Arbitrary<MetricExpression> = fc.oneof(
  fc.record({ ...base, shape: fc.constantFrom('rate' as const, 'increase' as const, 'buckets' as const) }),
  fc.record({ ...base, shape: fc.constant('quantile' as const), percent: fc.constantFrom(50 as const, 99 as const) }),
  fc.record({
    ...{ ...base, metric: fc.constant('gauge'), shape: fc.constant('gauge' as const) },
    ...{ fold: fc.constantFrom('sum' as const, 'avg' as const), scale: fc.constantFrom(1, 0.001, 1 / 86_400, 3.7) },
  }),
);
const { expression } = fc.letrec<{ expression: MetricExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2 },
    simple,
    fc.record({ shape: fc.constant('ratio' as const), over: tie('expression'), under: tie('expression') }),
    fc.record({ shape: fc.constant('difference' as const), from: tie('expression'), minus: tie('expression') }),
  ),
}));
const line: fc.Arbitrary<MetricLine> = fc
  .tuple(expression, fc.constantFrom('one', 'two'))
  .map(([each, name]) => ({ ...each, name }));
const query: fc.Arbitrary<Query> = fc.oneof(
  queries,
  fc
    .tuple(fc.constantFrom('mirrord' as const, 'tailrace' as const), line, fc.array(line, { maxLength: 2 }))
    .map(([of, first, more]): Query => ({ source: 'metrics', of, lines: [first, ...more] })),
);
const about = { id: 'p', title: 'P', description: 'D.', unit: 'seconds', width: 12, height: 8 } as const;
const panel: fc.Arbitrary<Panel> = fc
  .tuple(query, fc.constantFrom('stat', 'timeseries', 'toplist', 'table', 'donut', 'heatmap'))
  .map(([asked, kind]): Panel => {
    if (kind === 'timeseries') return { ...about, kind, query: asked, draw: 'line' };
    if (kind === 'donut' && asked.source === 'logs') return { ...about, kind, query: asked };
    if (kind === 'heatmap' && asked.source === 'metrics') return { ...about, kind, query: asked };
    return { ...about, kind: kind === 'toplist' || kind === 'table' ? kind : 'stat', query: asked };
  });
const variables = [
  { name: 'user', label: 'User', field: 'fields.user' },
  { name: 'component', label: 'Component', label_name: 'component_id', metric: 'a_total' },
];

test('any panel becomes a file that keeps the rules, or is refused with a reason', () => {
  const counts = { built: 0, refused: 0 };
  fc.assert(
    fc.property(panel, (each) => {
      const dashboard = { ...DASHBOARD, variables, rows: [{ title: 'Row', panels: [each] }] as const };
      const built = attempt(() => compileGrafana(dashboard, DEFAULTS, []));
      counts[built === undefined ? 'refused' : 'built'] += 1;
      if (built === undefined) return;
      const file = JSON.parse(built) as GrafanaFile;
      expect(Object.entries(RULES).flatMap(([rule, find]) => find(file).map((where) => `${rule}: ${where}`))).toEqual(
        [],
      );
    }),
    { numRuns: 200 },
  );
  expect(counts.built).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(20);
});

function attempt(build: () => string): string | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof NotExpressible) return undefined;
    throw error;
  }
}
