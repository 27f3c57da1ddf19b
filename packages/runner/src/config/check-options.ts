import { type JsonSchema, PathError, path, printPath } from '@tailrace/core';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Place } from '../component.ts';
import { describeSchema, describeValue } from './describe-schema.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problem.ts';
import { type At, plainValue, type Tree, walk } from './tree.ts';

/** Options to check: what is written, and the way to it in the file. */
export interface Written {
  readonly tree: Tree;
  readonly at: At;
  /** Where the component itself stands: its missing options are reported there. */
  readonly place: Place;
}

/** Checks options against their schema, reports every fault, and gives the plain value; `undefined` when there were faults. */
export type CheckOptions = (schema: JsonSchema, written: Written, report: Report) => unknown;

/** Makes a checker; it compiles each schema once. */
export function createChecker(): CheckOptions {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    // The schemas are printed by core's builder, and each is used a few times at start: checking and polishing them would cost more than it gives.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  ajv.addKeyword({
    keyword: 'x-kind',
    schemaType: 'string',
    error: { message: 'must be a field path' },
    validate: fieldPath,
  });
  const compiled = new Map<JsonSchema, ValidateFunction>();
  return (schema, written, report) => {
    let validate = compiled.get(schema);
    if (!validate) {
      validate = ajv.compile(schema);
      compiled.set(schema, validate);
    }
    const value = plainValue(written.tree, schema);
    if (validate(value)) return value;
    for (const fault of mostTelling(validate.errors ?? [])) tell(fault, written, report);
    return undefined;
  };
}

function fieldPath(kind: string, value: unknown): boolean {
  return kind !== 'path' || typeof value !== 'string' || value === '' || pathFault(value) === undefined;
}

function pathFault(text: string): PathError | undefined {
  try {
    path(text);
    return undefined;
  } catch (error) {
    if (error instanceof PathError) return error;
    throw error;
  }
}

/** Of the faults below an `anyOf`, those of the one shape whose kind fits; else the `anyOf` itself. One fault per value and reason. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf');
  const outer = choices.find((error) => !choices.some((other) => other !== error && isBelow(error, other)));
  if (!outer) return onePerValue(errors);
  const below = errors.filter((error) => isBelow(error, outer));
  const rest = errors.filter((error) => error !== outer && !below.includes(error));
  const shapes = Map.groupBy(below, (error) => error.schemaPath.slice(outer.schemaPath.length + 1).split('/')[0]);
  const fitting = [...shapes.values()].find((faults) => !faults.some((fault) => isOfWrongKind(fault, outer)));
  return [...(fitting ? mostTelling(fitting) : [outer]), ...mostTelling(rest)];
}

function isBelow(error: ErrorObject, choice: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${choice.schemaPath}/`) && error.instancePath.startsWith(choice.instancePath);
}

function isOfWrongKind(fault: ErrorObject, choice: ErrorObject): boolean {
  const kinds = ['type', 'enum', 'pattern', 'minLength', 'minimum', 'maximum'];
  return fault.instancePath === choice.instancePath && kinds.includes(fault.keyword);
}

function onePerValue(errors: readonly ErrorObject[]): ErrorObject[] {
  const seen = new Set<string>();
  return errors.filter((error) => {
    const keyed = error.keyword === 'required' || error.keyword === 'additionalProperties';
    const key = `${error.instancePath} ${keyed ? JSON.stringify(error.params) : ''}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

function tell(error: ErrorObject, written: Written, report: Report): void {
  const inside = steps(error.instancePath, written.tree);
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const { tree, keyPlace } = walk(written.tree, inside);
  const way = [...written.at, ...inside];
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty']);
    const known = Object.keys(schema.properties ?? {});
    const place = walk(written.tree, [...inside, key]).keyPlace ?? tree.place;
    const near = nearest(key, known);
    const expected = near === undefined ? `one of ${known.join(', ')}` : undefined;
    report({ ...place, path: printPath([...way, key]), what: 'unknown option', expected, near });
    return;
  }
  if (error.keyword === 'required') {
    const key = String(error.params['missingProperty']);
    const missing = schema.properties?.[key];
    const place = inside.length === 0 ? written.place : (keyPlace ?? tree.place);
    report({
      ...place,
      path: printPath([...way, key]),
      what: 'is missing',
      expected: missing && describeSchema(missing),
    });
    return;
  }
  report({ ...tree.place, path: printPath(way), ...valueFault(error, schema, tree) });
}

function valueFault(
  error: ErrorObject,
  schema: JsonSchema,
  tree: Tree,
): { what: string; expected?: string; near?: string } {
  const filled = tree.kind === 'scalar' && tree.filled !== undefined;
  const value: unknown = error.data;
  const what = filled
    ? 'does not fit (filled in by a variable)'
    : `is ${describeValue(value, schema['x-kind'] !== 'secret')}`;
  if (error.keyword === 'x-kind' && typeof value === 'string' && !filled) {
    return { what: pathFault(value)?.message ?? 'is no field path' };
  }
  const near =
    schema.enum && typeof value === 'string' && !filled ? nearest(value, schema.enum.map(String)) : undefined;
  const expected = describeSchema(schema);
  return near === undefined ? { what, expected } : { what, expected, near };
}

/** A JSON pointer as steps; a step is a number where the tree has a list. */
function steps(pointer: string, tree: Tree): (string | number)[] {
  const way: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    way.push(walk(tree, way).tree.kind === 'list' ? Number(key) : key);
  }
  return way;
}
