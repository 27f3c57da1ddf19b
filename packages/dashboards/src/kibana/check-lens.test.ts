import { expect, test } from 'vitest';
import { at, changed, DRAWN, type File, LAYER, panel, put, renamed, text } from './check.fixture.ts';
import { checkKibana } from './check.ts';

test.each<[string, (file: File) => void]>([
  [
    'it has no description',
    (file) => put('', panel(file, 'sessions'), 'embeddableConfig', 'attributes', 'description'),
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
    (file) => put('gone', panel(file, 'top-users'), ...LAYER, 'columns', 'by-1', 'params', 'orderBy', 'columnId'),
  ],
  [
    'no number to order by',
    (file) => put('by-1', panel(file, 'top-users'), ...LAYER, 'columns', 'by-1', 'params', 'orderBy', 'columnId'),
  ],
  [
    'an operation that is not known',
    (file) => put('median_of', panel(file, 'top-users'), ...LAYER, 'columns', 'number-1', 'operationType'),
  ],
  [
    'wrong about whether it is a group',
    (file) => put(true, panel(file, 'top-users'), ...LAYER, 'columns', 'number-1', 'isBucketed'),
  ],
  ['has no sourceField', (file) => put('', panel(file, 'top-users'), ...LAYER, 'columns', 'number-1', 'sourceField')],
  [
    'has no filters',
    (file) => put([], panel(file, 'steals-by-filter'), ...LAYER, 'columns', 'by-1', 'params', 'filters'),
  ],
  ['it draws the column "gone"', (file) => put('gone', panel(file, 'sessions'), ...DRAWN, 'metricAccessor')],
  [
    'the column "number-1" is used by nothing',
    (file) => put([], panel(file, 'top-users'), ...DRAWN, 'layers', '0', 'accessors'),
  ],
  [
    'the column "time" is drawn as a number',
    (file) => {
      at(panel(file, 'session-duration'), ...DRAWN, 'layers', '0', 'accessors').push(text('time'));
    },
  ],
  ['it draws the layer "gone"', (file) => put('gone', panel(file, 'sessions'), ...DRAWN, 'layerId')],
  ['the layer "events" is drawn nowhere', (file) => put([], panel(file, 'top-users'), ...DRAWN, 'layers')],
  [
    'a type of visualization',
    (file) => put('lnsGauge', panel(file, 'sessions'), 'embeddableConfig', 'attributes', 'visualizationType'),
  ],
  [
    'its query is not in KQL',
    (file) => put('lucene', panel(file, 'sessions'), 'embeddableConfig', 'attributes', 'state', 'query', 'language'),
  ],
])('found: %s', (fault, change) => {
  expect(checkKibana(changed(change)).join('\n')).toContain(fault);
});
