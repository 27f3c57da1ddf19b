import { expect, test } from 'vitest';
import { at, changed, type File, GOOD, put, text } from './check.fixture.ts';
import { checkKibana } from './check.ts';

test('the good file has no faults, also when it is taken apart and put together', () => {
  expect(checkKibana(GOOD)).toEqual([]);
  expect(checkKibana(changed(() => {}))).toEqual([]);
});

test.each<[string, (file: File) => void]>([
  ['the last line does not say what was exported', ({ lines }) => lines.pop()],
  ['3 objects were exported, and there are 2', ({ lines }) => lines.splice(1, 1)],
  ['references are missing', ({ details }) => put(1, details, 'missingRefCount')],
  ['comes twice, which an import refuses', ({ lines, view }) => lines.unshift(view)],
  ['a line before the last one has an exportedCount', ({ view }) => put(0, view, 'exportedCount')],
  [
    'typeMigrationVersion is 10.2.0, expected 8.9.0',
    ({ dashboard }) => put('10.2.0', dashboard, 'typeMigrationVersion'),
  ],
  ['typeMigrationVersion is undefined, expected 8.0.0', ({ view }) => put(undefined, view, 'typeMigrationVersion')],
  ['coreMigrationVersion is 9.0.0, expected 8.8.0', ({ search }) => put('9.0.0', search, 'coreMigrationVersion')],
  ['unknown member `updated_at`', ({ view }) => put('2026-01-01', view, 'updated_at')],
  ['unknown attribute `sections`', ({ dashboard }) => put([], dashboard, 'attributes', 'sections')],
  ['unknown attribute `tabs`', ({ search }) => put([], search, 'attributes', 'tabs')],
  ['a type of object that these files do not have', ({ view }) => put('tag', view, 'type')],
  ['it has no title', ({ view }) => put('', view, 'attributes', 'title')],
  ['which is not in the file', ({ view }) => put('other', view, 'id')],
  [
    'within the panel and',
    ({ dashboard }) => {
      at(dashboard, 'references').find(({ name }) => String(name).startsWith('top-users:'))!['id'] = text('other');
    },
  ],
  ['"kibanaSavedObjectMeta.searchSourceJSON.index" is in no reference', ({ search }) => put([], search, 'references')],
])('found: %s', (fault, change) => {
  expect(checkKibana(changed(change)).join('\n')).toContain(fault);
});

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
