import type { Dashboard } from '../model.ts';
import type { Place } from './place.ts';
import { DATA_VIEW_TYPE, type JsonObject, type Reference } from './saved-object.ts';

/** More would not fit beside each other. */
const MOST = 4;

/** `controlGroupInput`: a list of values for each variable of log events, narrowed by those before it; undefined without any. */
export function controlsOf(
  { variables }: Pick<Dashboard, 'variables'>,
  place: Place,
): { readonly input: JsonObject; readonly references: readonly Reference[] } | undefined {
  const fields = variables.flatMap(({ name, label, field }) => (field === undefined ? [] : [{ name, label, field }]));
  if (fields.length === 0) return undefined;
  if (fields.length > MOST) place.refuse(`${fields.length} variables: at most ${MOST} lists of values fit`);
  const panels = fields.map(({ name, label, field }, order) => [
    name,
    {
      ...{ type: 'optionsListControl', order, width: 'medium', grow: true },
      explicitInput: { id: name, title: label, fieldName: place.nameOf(field), selectedOptions: [], enhancements: {} },
    },
  ]);
  return {
    input: {
      ...{ controlStyle: 'oneLine', chainingSystem: 'HIERARCHICAL' },
      ignoreParentSettingsJSON: JSON.stringify(HEED),
      panelsJSON: JSON.stringify(Object.fromEntries(panels)),
    },
    references: fields.map(({ name }) => ({
      ...{ type: DATA_VIEW_TYPE, id: place.dataViewId, name: `controlGroup_${name}:optionsListDataView` },
    })),
  };
}

/** Lists offer only values that are there in the time shown and under the dashboard's filters. */
const HEED: JsonObject = {
  ignoreFilters: false,
  ignoreQuery: false,
  ignoreTimerange: false,
  ignoreValidations: false,
};
