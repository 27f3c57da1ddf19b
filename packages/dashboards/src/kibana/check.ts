import { checkDashboard } from './check-dashboard.ts';
import { CORE_VERSION, DASHBOARD_TYPE, DATA_VIEW_TYPE, SEARCH_TYPE, TYPE_VERSIONS } from './saved-object.ts';
import {
  isObject,
  listIn,
  missingFrom,
  objectIn,
  parsed,
  type Report,
  repeated,
  textIn,
  textsIn,
  type Untrusted,
} from './untrusted.ts';

const MEMBERS = ['attributes', 'coreMigrationVersion', 'id', 'references', 'type', 'typeMigrationVersion'];

/** Attributes that the schemas of the stamped versions know; any other makes an import fail. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  [DATA_VIEW_TYPE]: [
    ...['allowNoIndex', 'fieldAttrs', 'fieldFormatMap', 'fields', 'name', 'runtimeFieldMap', 'sourceFilters'],
    ...['timeFieldName', 'title', 'type', 'typeMeta'],
  ],
  [SEARCH_TYPE]: [
    ...['breakdownField', 'columns', 'description', 'grid', 'hideAggregatedPreview', 'hideChart', 'hits'],
    ...['isTextBasedQuery', 'kibanaSavedObjectMeta', 'refreshInterval', 'rowHeight', 'rowsPerPage', 'sort'],
    ...['timeRange', 'timeRestore', 'title', 'usesAdHocDataView', 'version', 'viewMode'],
  ],
  [DASHBOARD_TYPE]: [
    ...['controlGroupInput', 'description', 'hits', 'kibanaSavedObjectMeta', 'optionsJSON', 'panelsJSON'],
    ...['refreshInterval', 'timeFrom', 'timeRestore', 'timeTo', 'title', 'version'],
  ],
};

/** What is wrong with a file for Kibana's import, one sentence each; empty when nothing is. */
export function checkKibana(text: string): string[] {
  const faults: string[] = [];
  if (!text.endsWith('\n')) faults.push('the file does not end with a line break');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const objects: Untrusted[] = [];
  for (const [index, line] of lines.entries()) {
    const value = parsed(line);
    if (isObject(value)) objects.push(value);
    else faults.push(`line ${index + 1} is not a JSON object`);
  }
  const details = objects.at(-1) ?? {};
  checkDetails(details, objects.length - 1, (what) => faults.push(what));
  const saved = 'exportedCount' in details ? objects.slice(0, -1) : objects;
  checkTogether(saved, (what) => faults.push(what));
  const keys = saved.map(keyOf);
  for (const object of saved) {
    const report = (what: string) => faults.push(`${textIn(object['type'])} "${textIn(object['id'])}": ${what}`);
    checkObject(object, keys, report);
  }
  return faults;
}

function checkDetails(details: Untrusted, count: number, report: Report): void {
  if (!('exportedCount' in details)) {
    report('the last line does not say what was exported');
    return;
  }
  if (details['exportedCount'] !== count)
    report(`the last line says that ${String(details['exportedCount'])} objects were exported, and there are ${count}`);
  if (details['missingRefCount'] !== 0 || listIn(details['missingReferences']).length > 0)
    report('the last line says that references are missing');
}

function checkTogether(saved: readonly Untrusted[], report: Report): void {
  for (const key of repeated(saved.map(keyOf))) report(`${key} comes twice, which an import refuses`);
  if (saved.some((object) => 'exportedCount' in object)) report('a line before the last one has an exportedCount');
  if (!saved.some(({ type }) => type === DASHBOARD_TYPE)) report('there is no dashboard');
}

function keyOf(object: Untrusted): string {
  return `${textIn(object['type'])} "${textIn(object['id'])}"`;
}

function checkObject(object: Untrusted, keys: readonly string[], report: Report): void {
  for (const member of missingFrom(Object.keys(object), MEMBERS)) report(`unknown member \`${member}\``);
  checkStamps(object, report);
  const type = textIn(object['type']);
  const known = ATTRIBUTES[type];
  if (!known) {
    report('a type of object that these files do not have');
    return;
  }
  const attributes = objectIn(object['attributes']);
  for (const attribute of missingFrom(Object.keys(attributes), known)) report(`unknown attribute \`${attribute}\``);
  if (textIn(attributes['title']) === '') report('it has no title');
  const references = listIn(object['references']).map(objectIn);
  checkReferences(references, keys, report);
  const names = references.map(({ name }) => textIn(name));
  if (type === DASHBOARD_TYPE) checkDashboard(attributes, references, report);
  else if (type === SEARCH_TYPE) checkSearch(attributes, names, report);
  else for (const name of names) report(`reference "${name}" is used by nothing`);
}

function checkStamps(object: Untrusted, report: Report): void {
  const { coreMigrationVersion: core, typeMigrationVersion: stamp } = object;
  const expected = TYPE_VERSIONS[textIn(object['type'])];
  if (core !== CORE_VERSION) report(`coreMigrationVersion is ${String(core)}, expected ${CORE_VERSION}`);
  if (expected !== undefined && stamp !== expected)
    report(`typeMigrationVersion is ${String(stamp)}, expected ${expected}`);
}

/** Kibana refuses an object whose data view or saved search is neither in the file nor there already. */
function checkReferences(references: readonly Untrusted[], keys: readonly string[], report: Report): void {
  for (const name of repeated(references.map(({ name }) => textIn(name)))) report(`reference "${name}" comes twice`);
  for (const { type, id, name } of references) {
    const isEnforced = type === DATA_VIEW_TYPE || type === SEARCH_TYPE;
    const key = keyOf({ type, id });
    if (isEnforced && !keys.includes(key)) report(`reference "${textIn(name)}" is to ${key}, which is not in the file`);
  }
}

function checkSearch(attributes: Untrusted, references: readonly string[], report: Report): void {
  const source = parsed(objectIn(attributes['kibanaSavedObjectMeta'])['searchSourceJSON']);
  if (!isObject(source)) {
    report('its searchSourceJSON is not a JSON object');
    return;
  }
  if (textsIn(attributes['columns']).length === 0) report('it has no columns');
  const filters = listIn(source['filter']).map((filter) => objectIn(objectIn(filter)['meta'])['indexRefName']);
  const used = [source['indexRefName'], ...filters].map(textIn);
  for (const name of missingFrom(used, references)) report(`"${name}" is in no reference`);
  for (const name of missingFrom(references, used)) report(`reference "${name}" is used by nothing`);
}
