import { checkLens } from './check-lens.ts';
import { GRID_COLUMNS } from './layout.ts';
import { DATA_VIEW_TYPE, SEARCH_TYPE } from './saved-object.ts';
import {
  isObject,
  listIn,
  missingFrom,
  objectIn,
  parsed,
  type Report,
  repeated,
  textIn,
  type Untrusted,
} from './untrusted.ts';

/** Says what is wrong with a dashboard's attributes, and with what they and its references say of each other. */
export function checkDashboard(attributes: Untrusted, references: readonly Untrusted[], report: Report): void {
  const panels = jsonIn(attributes, 'panelsJSON', report);
  if (panels !== undefined && !Array.isArray(panels)) report('its panelsJSON is not a list');
  jsonIn(attributes, 'optionsJSON', report);
  checkTime(attributes, report);
  const used = [
    ...filterReferences(attributes, report),
    ...controlReferences(attributes, report),
    ...checkPanels(listIn(panels).map(objectIn), references, report),
  ];
  const has = references.map(({ type, name }) => `${textIn(type)} ${textIn(name)}`);
  for (const one of missingFrom(used, has)) report(`no reference is the ${named(one)}`);
  for (const one of missingFrom(has, used)) report(`nothing uses the ${named(one)}`);
}

function named(reference: string): string {
  const [type = '', ...name] = reference.split(' ');
  return `${type} "${name.join(' ')}"`;
}

function jsonIn(attributes: Untrusted, name: string, report: Report): unknown {
  const value = parsed(attributes[name]);
  if (value === undefined) report(`its ${name} is not JSON in a text`);
  return value;
}

function checkTime({ timeRestore, timeFrom, timeTo, refreshInterval }: Untrusted, report: Report): void {
  if (timeRestore !== true || textIn(timeFrom) === '' || textIn(timeTo) === '')
    report('it does not set the time that it is made for (timeRestore, timeFrom, timeTo)');
  const { pause, value } = objectIn(refreshInterval);
  if (typeof pause !== 'boolean' || typeof value !== 'number') report('its refreshInterval is not {pause, value}');
}

/** References that the dashboard's own filters need. */
function filterReferences(attributes: Untrusted, report: Report): string[] {
  const source = parsed(objectIn(attributes['kibanaSavedObjectMeta'])['searchSourceJSON']);
  if (!isObject(source)) {
    report('its searchSourceJSON is not a JSON object');
    return [];
  }
  return listIn(source['filter']).map((filter, index) => {
    const name = textIn(objectIn(objectIn(filter)['meta'])['indexRefName']);
    if (name === '') report(`filter ${index + 1} has no indexRefName`);
    return `${DATA_VIEW_TYPE} ${name}`;
  });
}

const CONTROL_GROUP = ['chainingSystem', 'controlStyle', 'ignoreParentSettingsJSON', 'panelsJSON'];

/** References that the controls need. */
function controlReferences(attributes: Untrusted, report: Report): string[] {
  if (attributes['controlGroupInput'] === undefined) return [];
  const group = objectIn(attributes['controlGroupInput']);
  for (const member of missingFrom(Object.keys(group), CONTROL_GROUP))
    report(`unknown member \`${member}\` of controls`);
  const panels = parsed(group['panelsJSON']);
  if (!isObject(panels)) report('the panelsJSON of its controls is not a JSON object');
  const controls = Object.entries(objectIn(panels)).map(([id, control]) => ({ id, ...objectIn(control) }));
  for (const control of controls) {
    const { id, type, explicitInput } = control as Untrusted;
    const input = objectIn(explicitInput);
    if (type !== 'optionsListControl') report(`control "${textIn(id)}" is no optionsListControl`);
    if (input['id'] !== id) report(`control "${textIn(id)}" says of itself that it is "${textIn(input['id'])}"`);
    if (textIn(input['fieldName']) === '') report(`control "${textIn(id)}" has no fieldName`);
  }
  return controls.map(({ id }) => `${DATA_VIEW_TYPE} controlGroup_${id}:optionsListDataView`);
}

/** References that the panels need. */
function checkPanels(panels: readonly Untrusted[], references: readonly Untrusted[], report: Report): string[] {
  const ids = panels.map(({ panelIndex }) => textIn(panelIndex));
  for (const id of repeated(ids)) report(`panel "${id}" comes twice`);
  checkOverlaps(panels, report);
  return panels.flatMap((panel) => {
    const id = textIn(panel['panelIndex']);
    const reportPanel = (what: string) => report(`panel "${id}": ${what}`);
    checkGrid(panel, reportPanel);
    const config = objectIn(panel['embeddableConfig']);
    if (panel['type'] === 'lens') return lensReferences(config, id, references, reportPanel);
    if (panel['type'] === SEARCH_TYPE) return searchReferences(panel, id, reportPanel);
    if (panel['type'] === 'visualization') checkMarkdown(config, reportPanel);
    else reportPanel(`a type of panel that these files do not have: ${textIn(panel['type'])}`);
    return [];
  });
}

function lensReferences(config: Untrusted, id: string, references: readonly Untrusted[], report: Report): string[] {
  const attributes = objectIn(config['attributes']);
  checkLens(attributes, report);
  return listIn(attributes['references'])
    .map(objectIn)
    .map((inner) => {
      const name = `${id}:${textIn(inner['name'])}`;
      const outer = references.find((one) => one['name'] === name);
      if (outer && outer['id'] !== inner['id'])
        report(
          `"${textIn(inner['name'])}" is ${textIn(inner['id'])} within the panel and ${textIn(outer['id'])} outside`,
        );
      return `${textIn(inner['type'])} ${name}`;
    });
}

function searchReferences(panel: Untrusted, id: string, report: Report): string[] {
  const name = textIn(panel['panelRefName']);
  if (name === '') report('it has no panelRefName');
  return [`${SEARCH_TYPE} ${id}:${name}`];
}

function checkMarkdown(config: Untrusted, report: Report): void {
  const visualization = objectIn(config['savedVis']);
  if (visualization['type'] !== 'markdown') report('a visualization that is no markdown');
  if (textIn(objectIn(visualization['params'])['markdown']) === '') report('its markdown is empty');
}

interface Rectangle {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function rectangleOf(panel: Untrusted): Rectangle {
  const { x, y, w, h } = objectIn(panel['gridData']);
  return { id: textIn(panel['panelIndex']), x: Number(x), y: Number(y), w: Number(w), h: Number(h) };
}

function checkGrid(panel: Untrusted, report: Report): void {
  if (objectIn(panel['gridData'])['i'] !== panel['panelIndex']) report('its gridData.i is not its panelIndex');
  const { x, y, w, h } = rectangleOf(panel);
  if (![x, y, w, h].every(Number.isInteger) || x < 0 || y < 0 || w < 1 || h < 1) {
    report('it has no place');
    return;
  }
  if (x + w > GRID_COLUMNS) report(`it ends in column ${x + w} of ${GRID_COLUMNS}`);
}

function checkOverlaps(panels: readonly Untrusted[], report: Report): void {
  const all = panels.map(rectangleOf);
  for (const [index, one] of all.entries())
    for (const other of all.slice(index + 1))
      if (isOver(one, other)) report(`panels "${one.id}" and "${other.id}" overlap`);
}

function isOver(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
