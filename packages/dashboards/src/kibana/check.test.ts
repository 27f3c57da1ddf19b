import { expect, test } from 'vitest';
import { dashboard as mirrordUsage } from '../../../../dashboards/mirrord-usage/dashboard.ts';
import { DEFAULTS } from '../parameters.ts';
import { checkKibana } from './check.ts';
import { compileKibana } from './compile.ts';

type Loose = { [key: string]: Loose } & Loose[];

/** A file taken apart, JSON in texts included, so that a test can put a fault into any part of it. */
interface File {
  lines: Loose[];
  view: Loose;
  search: Loose;
  dashboard: Loose;
  details: Loose;
  panels: Loose[];
  controls: Loose;
}

const OTHERS = [{ ...mirrordUsage, id: 'pipeline-health' }];
const GOOD = compileKibana(mirrordUsage, DEFAULTS, OTHERS);

function read(text: string): Loose {
  return JSON.parse(text);
}

function text(value: unknown): Loose {
  return value as Loose;
}

/** The good file with one change. */
function changed(change: (file: File) => void): string {
  const lines = GOOD.trim().split('\n').map(read);
  const [view, search, dashboard, details] = lines as [Loose, Loose, Loose, Loose];
  const attributes = dashboard['attributes'] as Loose;
  const panels = read(String(attributes['panelsJSON']));
  const group = attributes['controlGroupInput'] as Loose;
  const controls = read(String(group['panelsJSON']));
  change({ lines, view, search, dashboard, details, panels, controls });
  if (attributes['panelsJSON'] !== undefined) attributes['panelsJSON'] = text(JSON.stringify(panels));
  group['panelsJSON'] = text(JSON.stringify(controls));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function panel({ panels }: File, id: string): Loose {
  return panels.find(({ panelIndex }) => String(panelIndex) === id) as Loose;
}

function at(from: Loose, ...path: string[]): Loose {
  let here = from;
  for (const key of path) here = here[key] as Loose;
  return here;
}

const LAYER = ['embeddableConfig', 'attributes', 'state', 'datasourceStates', 'formBased', 'layers', 'events'];
const DRAWN = ['embeddableConfig', 'attributes', 'state', 'visualization'];

test('the good file has no faults, also when it is taken apart and put together', () => {
  expect(checkKibana(GOOD)).toEqual([]);
  expect(checkKibana(changed(() => {}))).toEqual([]);
});

test.each<[string, (file: File) => void]>([
  ['the last line does not say what was exported', ({ lines }) => lines.pop()],
  ['3 objects were exported, and there are 2', ({ lines }) => lines.splice(1, 1)],
  [
    'references are missing',
    ({ details }) => {
      details['missingRefCount'] = text(1);
    },
  ],
  ['comes twice, which an import refuses', ({ lines, view }) => lines.unshift(view)],
  [
    'a line before the last one has an exportedCount',
    ({ view }) => {
      view['exportedCount'] = text(0);
    },
  ],
  [
    'typeMigrationVersion is 10.2.0, expected 8.9.0',
    ({ dashboard }) => {
      dashboard['typeMigrationVersion'] = text('10.2.0');
    },
  ],
  [
    'typeMigrationVersion is undefined, expected 8.0.0',
    ({ view }) => {
      view['typeMigrationVersion'] = text(undefined);
    },
  ],
  [
    'coreMigrationVersion is 9.0.0, expected 8.8.0',
    ({ search }) => {
      search['coreMigrationVersion'] = text('9.0.0');
    },
  ],
  [
    'unknown member `updated_at`',
    ({ view }) => {
      view['updated_at'] = text('2026-01-01');
    },
  ],
  [
    'unknown attribute `sections`',
    ({ dashboard }) => {
      at(dashboard, 'attributes')['sections'] = text([]);
    },
  ],
  [
    'unknown attribute `tabs`',
    ({ search }) => {
      at(search, 'attributes')['tabs'] = text([]);
    },
  ],
  [
    'a type of object that these files do not have',
    ({ view }) => {
      view['type'] = text('tag');
    },
  ],
  [
    'it has no title',
    ({ view }) => {
      at(view, 'attributes')['title'] = text('');
    },
  ],
  [
    'it does not set the time',
    ({ dashboard }) => {
      at(dashboard, 'attributes')['timeRestore'] = text(false);
    },
  ],
  [
    'refreshInterval is not',
    ({ dashboard }) => {
      at(dashboard, 'attributes')['refreshInterval'] = text('1m');
    },
  ],
  [
    'its optionsJSON is not JSON in a text',
    ({ dashboard }) => {
      at(dashboard, 'attributes')['optionsJSON'] = text('{');
    },
  ],
  [
    'its panelsJSON is not JSON in a text',
    ({ dashboard }) => {
      at(dashboard, 'attributes')['panelsJSON'] = text(undefined);
    },
  ],
  [
    'which is not in the file',
    ({ view }) => {
      view['id'] = text('other');
    },
  ],
  [
    'no reference is the index-pattern "top-users:indexpattern-datasource-layer-events"',
    ({ dashboard }) => without(dashboard, 'top-users:'),
  ],
  [
    'no reference is the index-pattern "controlGroup_client_user:optionsListDataView"',
    ({ dashboard }) => without(dashboard, 'controlGroup_client_user'),
  ],
  [
    'no reference is the index-pattern "kibanaSavedObjectMeta.searchSourceJSON.filter[0]',
    ({ dashboard }) => without(dashboard, 'kibanaSavedObjectMeta'),
  ],
  [
    'no reference is the search "latest-events:panel_latest-events"',
    ({ dashboard }) => without(dashboard, 'latest-events:'),
  ],
  [
    'nothing uses the index-pattern "top-users:',
    ({ panels }) =>
      panels.splice(
        panels.findIndex(({ panelIndex }) => String(panelIndex) === 'top-users'),
        1,
      ),
  ],
  [
    'nothing uses the index-pattern "controlGroup_client_user',
    ({ controls }) => Reflect.deleteProperty(controls, 'client_user'),
  ],
  [
    'within the panel and',
    ({ dashboard }) => {
      at(dashboard, 'references').find(({ name }) => String(name).startsWith('top-users:'))!['id'] = text('other');
    },
  ],
  [
    'no optionsListControl',
    ({ controls }) => {
      at(controls, 'client_user')['type'] = text('esqlControl');
    },
  ],
  [
    'says of itself that it is "x"',
    ({ controls }) => {
      at(controls, 'client_user', 'explicitInput')['id'] = text('x');
    },
  ],
  [
    'has no fieldName',
    ({ controls }) => {
      at(controls, 'client_user', 'explicitInput')['fieldName'] = text('');
    },
  ],
  [
    '"kibanaSavedObjectMeta.searchSourceJSON.index" is in no reference',
    ({ search }) => {
      search['references'] = text([]);
    },
  ],
  [
    'panel "sessions" comes twice',
    (file) => {
      file.panels.push(panel(file, 'sessions'));
    },
  ],
  [
    'panels "sessions" and "active-users" overlap',
    (file) => {
      at(panel(file, 'active-users'), 'gridData')['x'] = text(3);
    },
  ],
  [
    'of 48',
    (file) => {
      at(panel(file, 'latest-events'), 'gridData')['w'] = text(49);
    },
  ],
  [
    'it has no place',
    (file) => {
      at(panel(file, 'sessions'), 'gridData')['y'] = text(0.5);
    },
  ],
  [
    'its gridData.i is not its panelIndex',
    (file) => {
      at(panel(file, 'sessions'), 'gridData')['i'] = text('x');
    },
  ],
  [
    'a type of panel',
    (file) => {
      panel(file, 'sessions')['type'] = text('vega');
    },
  ],
  [
    'its markdown is empty',
    (file) => {
      at(panel(file, 'row-1'), 'embeddableConfig', 'savedVis', 'params')['markdown'] = text('');
    },
  ],
  [
    'it has no panelRefName',
    (file) => {
      panel(file, 'latest-events')['panelRefName'] = text(undefined);
    },
  ],
  [
    'it has no description',
    (file) => {
      at(panel(file, 'sessions'), 'embeddableConfig', 'attributes')['description'] = text('');
    },
  ],
  [
    'its state is not formBased',
    (file) => {
      renamed(at(panel(file, 'sessions'), ...LAYER.slice(0, 4)), 'formBased', 'indexpattern');
    },
  ],
  [
    'is not in the columnOrder',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columnOrder').pop();
    },
  ],
  [
    'has "gone", which is no column',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columnOrder').push(text('gone'));
    },
  ],
  [
    'a group comes after a number',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columnOrder').reverse();
    },
  ],
  [
    'column "by-1" is ordered by "gone"',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columns', 'by-1', 'params', 'orderBy')['columnId'] = text('gone');
    },
  ],
  [
    'no number to order by',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columns', 'by-1', 'params', 'orderBy')['columnId'] = text('by-1');
    },
  ],
  [
    'an operation that is not known',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columns', 'number-1')['operationType'] = text('median_of');
    },
  ],
  [
    'wrong about whether it is a group',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columns', 'number-1')['isBucketed'] = text(true);
    },
  ],
  [
    'has no sourceField',
    (file) => {
      at(panel(file, 'top-users'), ...LAYER, 'columns', 'number-1')['sourceField'] = text('');
    },
  ],
  [
    'has no filters',
    (file) => {
      at(panel(file, 'steals-by-filter'), ...LAYER, 'columns', 'by-1', 'params')['filters'] = text([]);
    },
  ],
  [
    'it draws the column "gone"',
    (file) => {
      at(panel(file, 'sessions'), ...DRAWN)['metricAccessor'] = text('gone');
    },
  ],
  [
    'the column "number-1" is used by nothing',
    (file) => {
      at(panel(file, 'top-users'), ...DRAWN, 'layers', '0')['accessors'] = text([]);
    },
  ],
  [
    'the column "time" is drawn as a number',
    (file) => {
      at(panel(file, 'session-duration'), ...DRAWN, 'layers', '0', 'accessors').push(text('time'));
    },
  ],
  [
    'it draws the layer "gone"',
    (file) => {
      at(panel(file, 'sessions'), ...DRAWN)['layerId'] = text('gone');
    },
  ],
  [
    'the layer "events" is drawn nowhere',
    (file) => {
      at(panel(file, 'top-users'), ...DRAWN)['layers'] = text([]);
    },
  ],
  [
    'a type of visualization',
    (file) => {
      at(panel(file, 'sessions'), 'embeddableConfig', 'attributes')['visualizationType'] = text('lnsGauge');
    },
  ],
  [
    'its query is not in KQL',
    (file) => {
      at(panel(file, 'sessions'), 'embeddableConfig', 'attributes', 'state', 'query')['language'] = text('lucene');
    },
  ],
])('found: %s', (fault, change) => {
  expect(checkKibana(changed(change)).join('\n')).toContain(fault);
});

function without(dashboard: Loose, name: string): void {
  const references = at(dashboard, 'references');
  references.splice(
    references.findIndex((one) => String(one['name']).startsWith(name)),
    1,
  );
}

function renamed(within: Loose, from: string, to: string): void {
  within[to] = within[from] as Loose;
  Reflect.deleteProperty(within, from);
}

test('a text that is no such file', () => {
  expect(checkKibana('{"a":1')).toContain('line 1 is not a JSON object');
  expect(checkKibana('')).toContain('there is no dashboard');
  expect(checkKibana(GOOD.trimEnd())).toEqual(['the file does not end with a line break']);
});

// The shape of the file that mirrord publishes for Kibana (docs of mirrord, monitoring; exported from 8.5.1), written anew: a data
// view, a tag, and a dashboard with a donut and a table by value, two filters and a control.
test('a file as mirrord publishes has only faults of its age', () => {
  const stamp = { coreMigrationVersion: '8.5.1' };
  const view = { type: 'index-pattern', id: 'dv', references: [], ...stamp };
  const ofView = (name: string) => ({ type: 'index-pattern', id: 'dv', name });
  const meta = (index: number) => `kibanaSavedObjectMeta.searchSourceJSON.filter[${index}].meta.index`;
  const terms = (field: string) => ({
    ...{ label: `Top 15 values of ${field}`, operationType: 'terms', isBucketed: true, sourceField: field },
    params: { size: 15, orderBy: { type: 'column', columnId: 'n' }, orderDirection: 'desc' },
  });
  const sessions = {
    label: 'Sessions',
    operationType: 'unique_count',
    isBucketed: false,
    sourceField: 'fields.session_id',
  };
  const columns = { a: terms('fields.target_namespace'), b: terms('fields.target_name'), n: sessions };
  const lens = (visualizationType: string, visualization: unknown, x: number) => ({
    ...{ type: 'lens', panelIndex: `p${x}`, gridData: { x, y: 0, w: 24, h: 15, i: `p${x}` } },
    embeddableConfig: {
      attributes: {
        ...{ title: 'Sessions', description: 'x', visualizationType },
        references: [ofView('indexpattern-datasource-layer-l')],
        state: {
          ...{ query: { query: '', language: 'kuery' }, filters: [], visualization },
          datasourceStates: { indexpattern: { layers: { l: { columns, columnOrder: ['a', 'b', 'n'] } } } },
        },
      },
    },
  });
  const panels = [
    lens('lnsDatatable', { layerId: 'l', columns: [{ columnId: 'a' }, { columnId: 'b' }, { columnId: 'n' }] }, 0),
    lens('lnsPie', { shape: 'donut', layers: [{ layerId: 'l', primaryGroups: ['a', 'b'], metrics: ['n'] }] }, 24),
  ];
  const control = { type: 'optionsListControl', order: 0, explicitInput: { id: 'c', fieldName: 'fields.target_type' } };
  const filter = [0, 1].map((index) => ({ meta: { indexRefName: meta(index) }, query: {} }));
  const dashboard = {
    ...{ type: 'dashboard', id: 'd', ...stamp },
    attributes: {
      ...{ title: 'Mirrord Operator fluentd', timeRestore: true, timeFrom: 'now-24h', timeTo: 'now' },
      ...{ refreshInterval: { pause: true, value: 0 }, optionsJSON: '{}', panelsJSON: JSON.stringify(panels) },
      controlGroupInput: { controlStyle: 'oneLine', panelsJSON: JSON.stringify({ c: control }) },
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ filter }) },
    },
    references: [
      ...[ofView(meta(0)), ofView(meta(1)), ofView('controlGroup_c:optionsListDataView')],
      ...[ofView('p0:indexpattern-datasource-layer-l'), ofView('p24:indexpattern-datasource-layer-l')],
    ],
  };
  const tag = { type: 'tag', id: 't', attributes: {}, references: [], ...stamp };
  const details = { exportedCount: 3, missingRefCount: 0, missingReferences: [] };
  const lines = [
    { ...view, attributes: { title: 'logstash-*', timeFieldName: '@timestamp' } },
    tag,
    dashboard,
    details,
  ];
  const faults = checkKibana(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(faults).toEqual([
    'index-pattern "dv": coreMigrationVersion is 8.5.1, expected 8.8.0',
    'index-pattern "dv": typeMigrationVersion is undefined, expected 8.0.0',
    'tag "t": coreMigrationVersion is 8.5.1, expected 8.8.0',
    'tag "t": a type of object that these files do not have',
    'dashboard "d": coreMigrationVersion is 8.5.1, expected 8.8.0',
    'dashboard "d": typeMigrationVersion is undefined, expected 8.9.0',
    'dashboard "d": panel "p0": its state is not formBased, which 8.6 and later read',
    'dashboard "d": panel "p24": its state is not formBased, which 8.6 and later read',
  ]);
});
