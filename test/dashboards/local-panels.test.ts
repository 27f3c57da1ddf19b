import { DEFAULTS, library, panelFor, questionsOf } from '@tailrace/dashboards';
import { expect, test } from 'vitest';

const PANELS = library.flatMap((dashboard) =>
  dashboard.rows.flatMap((row) => row.panels.map((panel) => ({ dashboard, panel }))),
);

test('the panels that the local page does not show are these, for these reasons', () => {
  const without = PANELS.filter(({ panel }) => panelFor(panel, 'local') === undefined);
  expect(without.map(({ dashboard, panel }) => [`${dashboard.id}/${panel.id}`, panel.except?.local])).toEqual([
    [
      'pipeline-health/request-time-heatmap',
      'the events hold percentiles of request times, no buckets; they stand beside',
    ],
  ]);
});

test('every other panel asks something of the store, but for texts', () => {
  const view = { from: Date.parse('2026-03-01T00:00:00Z'), to: Date.parse('2026-03-02T00:00:00Z') };
  const asked = PANELS.flatMap(({ dashboard, panel }) => {
    const shown = panelFor(panel, 'local');
    if (shown === undefined || shown.kind === 'text' || shown.kind === 'events') return [];
    return [questionsOf(shown, dashboard, DEFAULTS, view)?.questions.length];
  });
  expect(asked.length).toBeGreaterThan(40);
  expect(asked.every((count) => (count ?? 0) > 0)).toBe(true);
});
