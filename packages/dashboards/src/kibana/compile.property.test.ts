import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DASHBOARD, queries } from '../log-query.fixture.ts';
import type { Color, DonutPanel, Panel, Threshold } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { DEFAULTS } from '../parameters.ts';
import { checkKibana } from './check.ts';
import { compileKibana } from './compile.ts';

const color = fc.constantFrom<Color>('good', 'warning', 'bad', 'neutral');
const thresholds: fc.Arbitrary<Threshold[]> = fc
  .tuple(color, fc.array(fc.record({ from: fc.integer(), color }), { maxLength: 3 }))
  .map(([first, more]) => [{ color: first }, ...more]);
const shared = {
  title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  description: fc.constant('What it is.'),
  width: fc.integer({ min: 1, max: 24 }),
  height: fc.integer({ min: 1, max: 12 }),
  unit: fc.constantFrom('none', 'seconds', 'milliseconds', 'days', 'bytes', 'bytes_per_second', 'per_second', 'ratio'),
} as const;
const events = { where: queries.map(({ where }) => where), columns: fc.constant([{ field: 'level', name: 'Level' }]) };
const draw = fc.constantFrom('line', 'area', 'bars');
const lines = { draw, stacked: fc.boolean(), colors: fc.dictionary(fc.constantFrom('first', 'bob'), color) };

/** Queries of all forms, and more of those that a donut and a stat take. */
const query = fc.oneof(
  queries,
  queries.map(({ source, where, agg, by = [] }) => ({ source, where, agg, by: by.slice(0, 1) }) as const),
  queries.map(({ source, where, agg: [first] }) => ({ source, where, agg: [first] }) as const),
  queries.map(({ source, where, agg: [, second], by = [] }) => ({ source, where, agg: [second!], by }) as const),
);
const anyPanel: fc.Arbitrary<Panel> = fc
  .oneof(
    fc.record({ ...shared, kind: fc.constant('stat'), query, thresholds }),
    fc.record({ ...shared, kind: fc.constant('timeseries'), query, thresholds, ...lines }),
    fc.record({ ...shared, kind: fc.constant('toplist'), query }),
    fc.record({ ...shared, kind: fc.constant('table'), query }),
    fc.record({ ...shared, kind: fc.constant('table'), query, drillDown: fc.constant('Group') }),
    fc.record({ ...shared, kind: fc.constant('donut'), query: query as fc.Arbitrary<DonutPanel['query']> }),
    fc.record({ ...shared, kind: fc.constant('events'), ...events }),
    fc.record({ ...shared, kind: fc.constant('text'), text: fc.string({ minLength: 1 }) }),
  )
  .map((panel): Panel => ({ ...panel, id: 'it' }) as Panel);

test('any panel becomes a file without faults, or is refused', () => {
  const outcomes = { built: 0, refused: 0 };
  fc.assert(
    fc.property(anyPanel, (panel) => {
      const file = built(panel);
      outcomes[file === undefined ? 'refused' : 'built'] += 1;
      if (file !== undefined) expect(checkKibana(file)).toEqual([]);
    }),
    { numRuns: 200 },
  );
  expect(outcomes.built).toBeGreaterThan(40);
  expect(outcomes.refused).toBeGreaterThan(10);
});

function built(panel: Panel): string | undefined {
  try {
    return compileKibana({ ...DASHBOARD, rows: [{ title: 'Row', panels: [panel] }] }, DEFAULTS, []);
  } catch (error) {
    if (error instanceof NotExpressible) return undefined;
    throw error;
  }
}
