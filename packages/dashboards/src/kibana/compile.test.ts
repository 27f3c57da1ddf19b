import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dashboard as mirrordUsage } from '../../../../dashboards/mirrord-usage/dashboard.ts';
import { library } from '../library.generated.ts';
import type { Dashboard } from '../model.ts';
import { panelFor } from '../panel-for.ts';
import { DEFAULTS } from '../parameters.ts';
import { checkKibana } from './check.ts';
import { compileKibana } from './compile.ts';
import { attributesOf, markdownOf, OTHERS, object, objectsOf, of, panelsOf } from './kibana.fixture.ts';
import { layOut } from './layout.ts';
import { listIn, objectIn, parsed, type Untrusted } from './untrusted.ts';

test.each(library)('$id has no faults', (dashboard) => {
  const others = library.filter(({ id }) => id !== dashboard.id);
  expect(checkKibana(compileKibana(dashboard, DEFAULTS, others))).toEqual([]);
});

test('every panel of mirrord usage is there, or left out by name', () => {
  const panels = panelsOf(mirrordUsage);
  const ids = panels.map(({ panelIndex }) => panelIndex);
  const all = mirrordUsage.rows.flatMap((row) => row.panels);
  for (const panel of all) {
    const isShown = panelFor(panel, 'kibana') !== undefined;
    expect(ids.includes(panel.id), panel.id).toBe(isShown);
    if (!isShown) expect(markdownOf(panels.at(-1))).toContain(panel.title);
  }
});

test('the same model gives the same file', () => {
  const build = () => compileKibana(mirrordUsage, DEFAULTS, OTHERS);
  expect(build()).toBe(build());
  expect(build().endsWith('}\n')).toBe(true);
});

test('time, refresh, title and controls', () => {
  const { title, timeFrom, timeTo, timeRestore, refreshInterval, controlGroupInput } = attributesOf(mirrordUsage);
  expect({ title, timeFrom, timeTo, timeRestore, refreshInterval }).toEqual({
    title: '[mirrord] Usage',
    timeFrom: 'now-24h',
    timeTo: 'now',
    timeRestore: true,
    refreshInterval: { pause: false, value: 60_000 },
  });
  expect(objectIn(controlGroupInput)['chainingSystem']).toBe('HIERARCHICAL');
  const controls = Object.values(objectIn(parsed(objectIn(controlGroupInput)['panelsJSON']))).map(objectIn);
  expect(controls.map(({ order, explicitInput }) => [order, objectIn(explicitInput)['fieldName']])).toEqual([
    [0, 'fields.target_namespace'],
    [1, 'fields.target_type'],
    [2, 'fields.target_name'],
    [3, 'fields.client_user'],
  ]);
});

test('what holds for all panels is a filter that names the data view', () => {
  const { filter } = objectIn(
    parsed(objectIn(attributesOf(mirrordUsage)['kibanaSavedObjectMeta'])['searchSourceJSON']),
  );
  const filters = listIn(filter).map(objectIn);
  const copies = filters.find(({ query }) => 'prefix' in objectIn(query)) ?? {};
  expect(copies['query']).toEqual({ prefix: { 'fields.target_name': 'mirrord-copy-' } });
  expect(objectIn(copies['meta'])['negate']).toBe(true);
  expect(objectIn(copies['meta'])['alias']).toBe('fields.target_name starts with mirrord-copy-');
});

test('filters say what their conditions say', () => {
  const base: Dashboard['base'] = [
    { field: 'a', is: ['x', 'y'] },
    { field: 'b', isNot: 3 },
    { field: 'c', exists: false },
    { field: 'd', atLeast: 1 },
    { field: 'e', below: 2 },
  ];
  const meta = attributesOf({ ...of(), base })['kibanaSavedObjectMeta'];
  const filters = listIn(objectIn(parsed(objectIn(meta)['searchSourceJSON']))['filter']).map(objectIn);
  expect(
    filters.map(({ query, meta: { negate } = {} }: Untrusted & { meta?: { negate?: unknown } }) => [negate, query]),
  ).toEqual([
    [false, { terms: { a: ['x', 'y'] } }],
    [true, { terms: { b: [3] } }],
    [true, { exists: { field: 'c' } }],
    [false, { range: { d: { gte: 1 } } }],
    [false, { range: { e: { lt: 2 } } }],
  ]);
});

test('parameters change the indices, the data view and the names of fields everywhere', () => {
  const settings = ['index_pattern=app-*', 'data_view_id=mine', 'field_prefix=log.'];
  const objects = objectsOf(mirrordUsage, settings);
  const text = JSON.stringify(objects);
  expect(text).not.toContain('fields.');
  expect(text).not.toContain('logstash');
  expect(text).toContain('log.target_name');
  expect(object(mirrordUsage, 'index-pattern', settings)['id']).toBe('mine');
});

test('links stay in the space; the link to raw events opens the saved search', () => {
  const [about] = panelsOf(mirrordUsage);
  expect(markdownOf(about)).toContain('[\\[tailrace\\] Pipeline health](#/view/tailrace-pipeline-health)');
  expect(markdownOf(about)).toContain('(discover#/view/tailrace-mirrord-usage-latest-events)');
  expect(object(mirrordUsage, 'search')['id']).toBe('tailrace-mirrord-usage-latest-events');
  expect(() => compileKibana({ ...mirrordUsage, links: ['gone'] }, DEFAULTS, OTHERS)).toThrow('"gone"');
});

test('more than four lists of values are refused', () => {
  const variables = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, label: name, field: name }));
  expect(() => compileKibana({ ...of(), variables }, DEFAULTS, OTHERS)).toThrow('at most 4');
});

test('panels fill each line and never overlap, whatever is left out', () => {
  const panels = fc.array(
    fc.record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 12 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(panels, (all) => {
      const { placed, bottom } = layOut(all, 3);
      const cells = placed.flatMap(({ grid }) =>
        Array.from(
          { length: grid.w * grid.h },
          (_, cell) => (grid.y + Math.floor(cell / grid.w)) * 48 + grid.x + (cell % grid.w),
        ),
      );
      expect(new Set(cells).size).toBe(cells.length);
      const tops = new Set(placed.map(({ grid }) => grid.y));
      for (const top of tops) {
        const line = placed.filter(({ grid }) => grid.y === top);
        expect(line.reduce((sum, { grid }) => sum + grid.w, 0)).toBe(48);
      }
      expect(Math.max(...placed.map(({ grid }) => grid.y + grid.h))).toBe(bottom);
    }),
    { numRuns: 50 },
  );
});
