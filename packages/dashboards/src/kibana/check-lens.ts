import { layerReference } from './saved-object.ts';
import { listIn, missingFrom, objectIn, type Report, repeated, textIn, textsIn, type Untrusted } from './untrusted.ts';

const ATTRIBUTES = ['description', 'references', 'state', 'title', 'type', 'visualizationType'];
const STATE = ['adHocDataViews', 'datasourceStates', 'filters', 'internalReferences', 'query', 'visualization'];

/** What a visualization does with a column. */
type Role = 'group' | 'number' | 'any';

interface Use {
  readonly layerId: string;
  readonly columnId: string;
  readonly role: Role;
}

/** Says what is wrong with a Lens visualization by value. */
export function checkLens(attributes: Untrusted, report: Report): void {
  for (const name of missingFrom(Object.keys(attributes), ATTRIBUTES)) report(`unknown attribute \`${name}\` of Lens`);
  const state = objectIn(attributes['state']);
  for (const name of missingFrom(Object.keys(state), STATE)) report(`unknown member \`${name}\` of its state`);
  if (textIn(attributes['title']) === '') report('it has no title');
  if (textIn(attributes['description']) === '') report('it has no description');
  if (objectIn(state['query'])['language'] !== 'kuery') report('its query is not in KQL');
  const layers = layersOf(objectIn(state['datasourceStates']), report);
  checkReferences(attributes, [...layers.keys()], report);
  for (const [layerId, layer] of layers) checkLayer(layerId, layer, report);
  const visualization = objectIn(state['visualization']);
  const uses = usesOf(textIn(attributes['visualizationType']), visualization, report);
  checkUses(uses, layers, report);
}

function layersOf(states: Untrusted, report: Report): ReadonlyMap<string, Untrusted> {
  if (states['formBased'] === undefined) report('its state is not formBased, which 8.6 and later read');
  // Before 8.6 it was called indexpattern.
  const { layers } = objectIn(states['formBased'] ?? states['indexpattern']);
  const found = new Map(Object.entries(objectIn(layers)).map(([id, layer]) => [id, objectIn(layer)]));
  if (found.size === 0) report('it has no layers');
  return found;
}

/** Each layer names its data view, and nothing else is named. */
function checkReferences(attributes: Untrusted, layerIds: readonly string[], report: Report): void {
  const names = listIn(attributes['references']).map((reference) => textIn(objectIn(reference)['name']));
  const expected = layerIds.map(layerReference);
  for (const name of repeated(names)) report(`its reference "${name}" comes twice`);
  for (const name of missingFrom(expected, names)) report(`none of its references is "${name}"`);
  for (const name of missingFrom(names, expected)) report(`its reference "${name}" is used by nothing`);
}

const OPERATIONS: Readonly<Record<string, { readonly isBucketed: boolean; readonly needsField: boolean }>> = {
  ...named(['terms', 'date_histogram', 'range'], { isBucketed: true, needsField: true }),
  ...named(['filters'], { isBucketed: true, needsField: false }),
  ...named(['count', 'unique_count', 'sum', 'average', 'min', 'max', 'median', 'percentile', 'last_value'], {
    ...{ isBucketed: false, needsField: true },
  }),
  ...named(['static_value'], { isBucketed: false, needsField: false }),
};

function named<T>(names: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

function checkLayer(layerId: string, layer: Untrusted, report: Report): void {
  const columns = new Map(Object.entries(objectIn(layer['columns'])).map(([id, column]) => [id, objectIn(column)]));
  const order = textsIn(layer['columnOrder']);
  for (const id of missingFrom(columns.keys(), order))
    report(`column "${id}" is not in the columnOrder of "${layerId}"`);
  for (const id of missingFrom(order, columns.keys()))
    report(`the columnOrder of "${layerId}" has "${id}", which is no column`);
  for (const id of repeated(order)) report(`column "${id}" is twice in the columnOrder of "${layerId}"`);
  const kinds = order.map((id) => columns.get(id)?.['isBucketed'] === true);
  if (kinds.lastIndexOf(true) > kinds.indexOf(false) && kinds.includes(false))
    report(`a group comes after a number in the columnOrder of "${layerId}"`);
  for (const [id, column] of columns) checkColumn(id, column, columns, report);
}

function checkColumn(id: string, column: Untrusted, columns: ReadonlyMap<string, Untrusted>, report: Report): void {
  const known = OPERATIONS[textIn(column['operationType'])];
  if (!known) {
    report(`column "${id}" has an operation that is not known here: ${textIn(column['operationType'])}`);
    return;
  }
  if (column['isBucketed'] !== known.isBucketed) report(`column "${id}" is wrong about whether it is a group`);
  if (known.needsField && textIn(column['sourceField']) === '') report(`column "${id}" has no sourceField`);
  if (textIn(column['label']) === '') report(`column "${id}" has no label`);
  const params = objectIn(column['params']);
  if (column['operationType'] === 'filters' && listIn(params['filters']).length === 0)
    report(`column "${id}" has no filters`);
  if (column['operationType'] === 'terms') checkOrder(id, params, columns, report);
}

function checkOrder(id: string, params: Untrusted, columns: ReadonlyMap<string, Untrusted>, report: Report): void {
  const orderBy = objectIn(params['orderBy']);
  if (orderBy['type'] !== 'column') return;
  const by = columns.get(textIn(orderBy['columnId']));
  if (!by) {
    report(`column "${id}" is ordered by "${textIn(orderBy['columnId'])}", which is no column`);
    return;
  }
  if (by['isBucketed'] !== false || by['operationType'] === 'last_value')
    report(`column "${id}" is ordered by "${textIn(orderBy['columnId'])}", which is no number to order by`);
}

function usesOf(type: string, visualization: Untrusted, report: Report): readonly Use[] {
  const layers = listIn(visualization['layers']).map(objectIn);
  if (type === 'lnsXY') return layers.flatMap(xyUses);
  if (type === 'lnsPie') return layers.flatMap(pieUses);
  const layerId = textIn(visualization['layerId']);
  if (type === 'lnsMetric') return roles(layerId, { number: [visualization['metricAccessor']] });
  if (type === 'lnsDatatable') return tableUses(layerId, visualization);
  report(`a type of visualization that these files do not have: ${type}`);
  return [];
}

function xyUses(layer: Untrusted): Use[] {
  const { layerId, xAccessor, splitAccessor, accessors } = layer;
  const colored = listIn(layer['yConfig']).map((config) => objectIn(config)['forAccessor']);
  const group = [xAccessor, splitAccessor].filter((id) => id !== undefined);
  return roles(textIn(layerId), { group, number: [...listIn(accessors), ...colored] });
}

function pieUses({ layerId, primaryGroups, secondaryGroups, metrics }: Untrusted): Use[] {
  const group = [...listIn(primaryGroups), ...listIn(secondaryGroups)];
  return roles(textIn(layerId), { group, number: listIn(metrics) });
}

function tableUses(layerId: string, { columns, sorting }: Untrusted): Use[] {
  const shown = listIn(columns).map((column) => objectIn(column)['columnId']);
  const sorted = sorting === undefined ? [] : [objectIn(sorting)['columnId']];
  return roles(layerId, { any: [...shown, ...sorted] });
}

function roles(layerId: string, ids: Partial<Readonly<Record<Role, readonly unknown[]>>>): Use[] {
  const entries = Object.entries(ids) as [Role, readonly unknown[]][];
  return entries.flatMap(([role, all]) => all.map((id) => ({ layerId, columnId: textIn(id), role })));
}

/** What is drawn is there, and what is there is drawn. */
function checkUses(uses: readonly Use[], layers: ReadonlyMap<string, Untrusted>, report: Report): void {
  const drawn = uses.map(({ layerId }) => layerId);
  for (const layerId of missingFrom(drawn, layers.keys()))
    report(`it draws the layer "${layerId}", which is not there`);
  for (const layerId of missingFrom(layers.keys(), drawn)) report(`the layer "${layerId}" is drawn nowhere`);
  for (const [layerId, layer] of layers) {
    const columns = objectIn(layer['columns']);
    const used = uses.filter((use) => use.layerId === layerId);
    const ids = used.map(({ columnId }) => columnId);
    for (const id of missingFrom(ids, Object.keys(columns))) report(`it draws the column "${id}", which is not there`);
    for (const id of missingFrom(Object.keys(columns), ids)) report(`the column "${id}" is used by nothing`);
    for (const { columnId, role } of used) checkRole(columnId, role, columns[columnId], report);
  }
}

function checkRole(id: string, role: Role, column: unknown, report: Report): void {
  if (role === 'any' || column === undefined) return;
  if (objectIn(column)['isBucketed'] !== (role === 'group')) report(`the column "${id}" is drawn as a ${role}`);
}
