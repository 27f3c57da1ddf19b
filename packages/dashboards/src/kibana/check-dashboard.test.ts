import { expect, test } from 'vitest';
import { changed, type File, panel, put, without } from './check.fixture.ts';
import { checkKibana } from './check.ts';

test.each<[string, (file: File) => void]>([
  ['it does not set the time', ({ dashboard }) => put(false, dashboard, 'attributes', 'timeRestore')],
  ['refreshInterval is not', ({ dashboard }) => put('1m', dashboard, 'attributes', 'refreshInterval')],
  ['its optionsJSON is not JSON in a text', ({ dashboard }) => put('{', dashboard, 'attributes', 'optionsJSON')],
  ['its panelsJSON is not JSON in a text', ({ dashboard }) => put(undefined, dashboard, 'attributes', 'panelsJSON')],
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
  ['no optionsListControl', ({ controls }) => put('esqlControl', controls, 'client_user', 'type')],
  ['says of itself that it is "x"', ({ controls }) => put('x', controls, 'client_user', 'explicitInput', 'id')],
  ['has no fieldName', ({ controls }) => put('', controls, 'client_user', 'explicitInput', 'fieldName')],
  [
    'panel "sessions" comes twice',
    (file) => {
      file.panels.push(panel(file, 'sessions'));
    },
  ],
  ['panels "sessions" and "active-users" overlap', (file) => put(3, panel(file, 'active-users'), 'gridData', 'x')],
  ['of 48', (file) => put(49, panel(file, 'latest-events'), 'gridData', 'w')],
  ['it has no place', (file) => put(0.5, panel(file, 'sessions'), 'gridData', 'y')],
  ['its gridData.i is not its panelIndex', (file) => put('x', panel(file, 'sessions'), 'gridData', 'i')],
  ['a type of panel', (file) => put('vega', panel(file, 'sessions'), 'type')],
  [
    'its markdown is empty',
    (file) => put('', panel(file, 'row-1'), 'embeddableConfig', 'savedVis', 'params', 'markdown'),
  ],
  ['it has no panelRefName', (file) => put(undefined, panel(file, 'latest-events'), 'panelRefName')],
])('found: %s', (fault, change) => {
  expect(checkKibana(changed(change)).join('\n')).toContain(fault);
});
