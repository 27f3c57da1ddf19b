import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricTwin } from '../metric-query.twin.ts';
import type { AnswerRow } from '../view.ts';
import { expressions, M_PARAMETERS, METRIC_DASHBOARD, metricViews, points } from './metric-query.fixture.ts';
import { readMetricRows } from './metric-rows.ts';
import { metricSqlOf } from './metric-sql.ts';
import { type MetricsDatabase, openMetrics } from './metrics.fixture.ts';

let database: MetricsDatabase;
beforeAll(async () => {
  database = await openMetrics();
});
afterAll(() => database.close());

test('answers what a metric line means, over any points', async () => {
  const asked = fc.tuple(expressions, metricViews, fc.constantFrom('time' as const, 'stat' as const));
  let known = 0;
  await fc.assert(
    fc.asyncProperty(points, fc.array(asked, { minLength: 5, maxLength: 5 }), async (some, questions) => {
      await database.fill(some);
      for (const [line, view, over] of questions) {
        const sql = metricSqlOf(line, 'mirrord', METRIC_DASHBOARD, M_PARAMETERS, view, over, 'metrics');
        const answered = readMetricRows(line, over, await database.ask(sql));
        const expected = metricTwin(line, METRIC_DASHBOARD, view, over, some);
        expect(inOrder(answered)).toEqual(inOrder(expected));
        known += expected.length;
      }
    }),
    { numRuns: 60 },
  );
  expect(known).toBeGreaterThan(500);
}, 60_000);

/** Of nearly equal numbers the last digit decides which comes first. */
function inOrder(rows: readonly AnswerRow[]) {
  return rows
    .map(({ groups, time, columns }) => ({ groups, time, value: rounded(columns[0] ?? null) }))
    .map((row) => ({ key: JSON.stringify([row.groups.map(String), row.time]), ...row }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(9)) + 0;
}
