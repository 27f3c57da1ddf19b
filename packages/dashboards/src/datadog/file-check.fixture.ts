import { isDeepStrictEqual } from 'node:util';
import { v1 } from '@datadog/datadog-api-client';

interface Members {
  readonly [name: string]: unknown;
}

/** What is wrong with a file for Datadog's import, one sentence each: its form, its formulas, its variables and its grid. */
export function faultsIn(text: string): string[] {
  const file: Members = JSON.parse(text);
  return [
    ...(text.endsWith('}\n') ? [] : ['the last line does not end']),
    ...formFaults(file),
    ...objectsIn(file).flatMap(requestFaults),
    ...objectsIn(file).flatMap(gridFaults),
    ...variableFaults(file),
  ];
}

/** Datadog's own models read the file, know all members, and write it the same again. */
function formFaults(file: Members): string[] {
  try {
    const model: unknown = v1.ObjectSerializer.deserialize(file, 'Dashboard');
    const unknown = objectsIn(model).flatMap(({ _unparsed, additionalProperties }) => [
      ...(_unparsed === true ? ['has a part that is not in the API’s models'] : []),
      ...Object.keys(additionalProperties ?? {}).map((name) => `has a member that the API does not know: ${name}`),
    ]);
    if (unknown.length > 0) return unknown;
    const written: unknown = JSON.parse(JSON.stringify(v1.ObjectSerializer.serialize(model, 'Dashboard', '')));
    return isDeepStrictEqual(written, file) ? [] : ['is not what the models write again'];
  } catch (error) {
    return [`is not read: ${String(error)}`];
  }
}

const FUNCTIONS = new Set(['cumsum', 'default_zero', 'clamp_max']);

/** Formulas name queries that exist, each query is used, each name is there once. */
function requestFaults({ formulas, queries }: Members): string[] {
  if (!Array.isArray(formulas) || !Array.isArray(queries)) return [];
  const names = queries.map((query: Members) => String(query['name']));
  const words = formulas.flatMap((each: Members) => [...String(each['formula']).matchAll(/([A-Za-z_]\w*)\s*(\(?)/g)]);
  const used = words.filter(([, , bracket]) => bracket === '').map(([, name]) => name);
  return [
    ...used.filter((name) => !names.includes(name ?? '')).map((name) => `a formula names ${name}, which is no query`),
    ...names.filter((name) => !used.includes(name)).map((name) => `${name} is in no formula`),
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} is there twice`),
    ...words
      .filter(([, name, bracket]) => bracket !== '' && !FUNCTIONS.has(name ?? ''))
      .map(([, name]) => `no function: ${name}`),
  ];
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Widgets lie within twelve columns, do not overlap, and a group is as high as what is in it and its title. */
function gridFaults({ widgets }: Members): string[] {
  if (!Array.isArray(widgets)) return [];
  const boxes = widgets.map((widget: { layout: Box }) => widget.layout);
  const outside = boxes.filter(
    ({ x, y, width, height }) => x < 0 || y < 0 || width < 1 || height < 1 || x + width > 12,
  );
  const overlaps = boxes.filter((one, at) => boxes.slice(at + 1).some((other) => touch(one, other)));
  const groups = widgets.filter(({ definition }: { definition: Members }) => definition['type'] === 'group');
  const wrong = groups.filter((group: { layout: Box; definition: { widgets: { layout: Box }[] } }) => {
    const inner = Math.max(...group.definition.widgets.map(({ layout }) => layout.y + layout.height));
    return group.layout.height !== inner + 1;
  });
  return [
    ...outside.map((box) => `outside of the grid: ${JSON.stringify(box)}`),
    ...overlaps.map((box) => `overlaps: ${JSON.stringify(box)}`),
    ...wrong.map(() => 'a group is not as high as what is in it'),
  ];
}

function touch(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Variables that queries name are declared, and those that are declared narrow something. */
function variableFaults(file: Members): string[] {
  const declared = ((file['template_variables'] ?? []) as Members[]).map(({ name }) => String(name));
  const texts = textsIn(file['widgets']);
  const named = new Set(texts.flatMap((text) => [...text.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? '')));
  return [
    ...[...named].filter((name) => !declared.includes(name)).map((name) => `$${name} is not declared`),
    ...declared.filter((name) => !named.has(name)).map((name) => `$${name} is not used`),
  ];
}

function objectsIn(value: unknown): Members[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Members, ...inner];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
