import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Dashboard, Panel } from '../model.ts';
import { panelFor } from '../panel-for.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileDatadog } from './compile.ts';
import { dashboardOf, logs, panel } from './example.fixture.ts';
import { faultsIn } from './file-check.fixture.ts';

const folder = new URL('../../../../dashboards/', import.meta.url);
const ids = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const shipped = await Promise.all(
  ids.map(async (id) => {
    const { dashboard }: { dashboard: Dashboard } = await import(new URL(`${id}/dashboard.ts`, folder).href);
    return dashboard;
  }),
);

interface File {
  readonly title: string;
  readonly template_variables: readonly object[];
  readonly default_timeframe: object;
  readonly widgets: readonly Widget[];
}
interface Widget {
  readonly layout: object;
  readonly definition: {
    readonly type: string;
    readonly title?: string;
    readonly description?: string;
    readonly content?: string;
    readonly widgets?: readonly Widget[];
  };
}

describe.each(shipped)('$id', (dashboard) => {
  const text = compileDatadog(dashboard, DEFAULTS, shipped);
  const file: File = JSON.parse(text);

  test('is what Datadog’s own models know, with formulas, variables and grid in order', () => {
    expect(faultsIn(text)).toEqual([]);
  });

  test('has each panel that is not left out by name, with its description', () => {
    const panels = dashboard.rows
      .flatMap((row) => row.panels)
      .flatMap((each): Panel[] => {
        const kept = panelFor(each, 'datadog');
        return kept ? [kept] : [];
      });
    const shown = file.widgets.flatMap(({ definition }) => definition.widgets ?? []);
    expect(shown).toHaveLength(panels.length);
    for (const [at, { title, description, kind }] of panels.entries()) {
      const definition = shown[at]?.definition;
      if (kind === 'text') expect(definition?.content).toContain(title);
      else expect({ ...definition }).toMatchObject({ title: expect.stringContaining(title), description });
    }
  });

  test('is the same each time, and with other parameters still in order', () => {
    expect(compileDatadog(dashboard, DEFAULTS, shipped)).toBe(text);
    const changed = compileDatadog(
      dashboard,
      {
        ...{ ...DEFAULTS, field_prefix: 'log.fields.', metric_prefix: 'prod_' },
        ...{ datadog_namespace: 'acme', histogram_unit: 'milliseconds' },
      },
      shipped,
    );
    expect(faultsIn(changed)).toEqual([]);
    expect(changed).not.toContain('@fields.');
    expect(changed).not.toMatch(/[:{]mirrord_/);
  });
});

test('mirrord’s usage: name, time, variables, link, and the strip of numbers', () => {
  const usage = shipped.find(({ id }) => id === 'mirrord-usage')!;
  const health = { ...dashboardOf(), id: 'pipeline-health', system: 'tailrace', name: 'Pipeline health' };
  const file: File = JSON.parse(compileDatadog(usage, DEFAULTS, [usage, health]));
  const { title, template_variables, default_timeframe, widgets } = file;
  expect({ title, default_timeframe }).toEqual({
    title: 'mirrord - Usage',
    default_timeframe: { type: 'live', value: 24, unit: 'hour' },
  });
  expect(template_variables).toContainEqual({
    ...{ name: 'client_user', prefix: '@fields.client_user', available_values: [], defaults: ['*'] },
  });
  const [links, first] = widgets;
  expect(links?.definition.content).toContain(
    '[tailrace - Pipeline health](/dashboard/lists?q=tailrace%20-%20Pipeline%20health)',
  );
  expect(first?.definition.widgets?.map(({ layout }) => layout)).toEqual(
    [0, 2, 4, 6, 8, 10].map((x) => ({ x, y: 0, width: 2, height: 2 })),
  );
});

test('a panel that is left out leaves no hole, and a row of them is no group', () => {
  const half = (id: string) => panel('stat', { id, title: id, width: 12, query: logs() });
  const without = { ...half('b'), except: { datadog: 'for a reason' } };
  const dashboard = { ...dashboardOf(half('a'), without), rows: [] as unknown as Dashboard['rows'] };
  const rows: Dashboard['rows'] = [
    { title: 'One', panels: [half('a'), without] },
    { title: 'None', panels: [without] },
  ];
  const { widgets }: File = JSON.parse(compileDatadog({ ...dashboard, rows }, DEFAULTS, []));
  expect(widgets).toHaveLength(2);
  expect(widgets[1]?.definition.widgets?.map(({ layout }) => layout)).toEqual([{ x: 0, y: 0, width: 12, height: 3 }]);
});

test('a variable of logs and metrics is two, since each has one prefix', () => {
  const numbers = panel('stat', {
    ...{ id: 'numbers', title: 'Numbers' },
    query: { source: 'metrics', of: 'tailrace', lines: [{ name: 'n', shape: 'increase', metric: 'n_total' }] },
  });
  const variables = [
    { name: 'component', label: 'Component', field: 'component_id', label_name: 'component_id' },
    { name: 'node', label: 'Node', label_name: 'node' },
  ];
  const dashboard = { ...dashboardOf(panel('stat', { query: logs() }), numbers), variables };
  const text = compileDatadog(dashboard, DEFAULTS, []);
  expect(JSON.parse(text).template_variables.map(({ name, prefix }: Record<string, string>) => [name, prefix])).toEqual(
    [
      ['component', 'component_id'],
      ['component_of_logs', '@component_id'],
      ['node', 'node'],
    ],
  );
  expect(text).toContain('"query": "env:test $component_of_logs"');
  expect(text).toContain('"sum:n_total{$component,$node}.as_count()"');
  expect(faultsIn(text)).toEqual([]);
  const metricsOnly = compileDatadog({ ...dashboardOf(numbers), variables }, DEFAULTS, []);
  expect(metricsOnly).toContain('{$component,$node}');
  expect(faultsIn(metricsOnly)).toEqual([]);
});

describe('planted faults are found', () => {
  const small = {
    ...dashboardOf(panel('stat', { query: logs() })),
    variables: [{ name: 'v', label: 'V', field: 'v' }],
  };
  const changed = (path: string, value: unknown): string => {
    const file: unknown = JSON.parse(compileDatadog(small, DEFAULTS, []));
    const steps = path.split('.');
    const parent = steps.slice(0, -1).reduce((at, step) => Reflect.get(at as object, step), file);
    Reflect.set(parent as object, steps.at(-1)!, value);
    return faultsIn(`${JSON.stringify(file, null, 2)}\n`).join('\n');
  };
  const widget = 'widgets.1.definition.widgets.0.definition';
  const asked = `${widget}.requests.0`;
  const query = { data_source: 'logs', name: 'query1', compute: { aggregation: 'count' }, search: { query: '$v' } };

  test('and none where none are', () => expect(changed('title', 'Other')).toBe(''));
  test.each<[string, string, unknown, RegExp]>([
    ['a formula of no query', `${asked}.formulas.0.formula`, 'query7', /names query7, which is no query/],
    ['a query of no formula', `${asked}.formulas.0.formula`, '1', /query1 is in no formula/],
    ['a name twice', `${asked}.queries`, [query, query], /query1 is there twice/],
    ['no function of Datadog', `${asked}.formulas.0.formula`, 'zeros(query1)', /no function: zeros/],
    ['p50 of logs', `${asked}.queries.0.compute.aggregation`, 'p50', /not in the API’s models/],
    ['a member too many', `${widget}.colour`, 'red', /does not know: colour/],
    ['a widget of another house', `${widget}.type`, 'gauge', /not in the API’s models/],
    ['no layout type', 'layout_type', undefined, /is not read/],
    ['an overlap', 'widgets.1.layout.y', 0, /overlaps/],
    ['a widget too wide', 'widgets.0.layout.width', 13, /outside of the grid/],
    ['a group too low', 'widgets.1.layout.height', 1, /not as high as what is in it/],
    ['a variable that nobody declared', 'template_variables', [], /\$v is not declared/],
    ['a variable that narrows nothing', 'template_variables.1', { name: 'idle' }, /idle is not used/],
  ])('%s', (_, path, value, fault) => {
    expect(changed(path, value)).toMatch(fault);
  });
});
