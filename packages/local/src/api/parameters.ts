import type { Schema } from '@tailrace/core';
import { ApiProblem } from './api-problem.ts';
import { faultOf } from './check-value.ts';

const VARIABLE = 'var.';
const MOST_VALUES = 1000;

type Members = Readonly<Record<string, Schema<unknown>>>;

/** What a request says behind its `?`, checked; throws an {@link ApiProblem} that names the parameter. */
export function readQuery(
  text: string,
  declared: Members,
  variables: boolean,
): { readonly query: Record<string, unknown>; readonly chosen: Record<string, string[]> } {
  const query: Record<string, unknown> = Object.create(null);
  const chosen: Record<string, string[]> = Object.create(null);
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > MOST_VALUES) throw new ApiProblem('bad_parameter', `more than ${MOST_VALUES} parameters`);
    if (variables && name.startsWith(VARIABLE)) {
      const variable = name.slice(VARIABLE.length);
      chosen[variable] ??= [];
      chosen[variable].push(value);
      continue;
    }
    const schema = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (schema === undefined) throw unknown(name, declared, variables);
    const before = query[name];
    if (before !== undefined && !Array.isArray(before)) throw new ApiProblem('bad_parameter', `${name} is given twice`);
    query[name] = read(name, value, schema, before);
  }
  const missing = Object.keys(declared).find((name) => declared[name]?.required === true && !(name in query));
  if (missing !== undefined) throw new ApiProblem('bad_parameter', `${missing} is missing`);
  return { query, chosen };
}

/** Parameters of the path, checked; throws an {@link ApiProblem}. */
export function readParams(found: Readonly<Record<string, string>>, declared: Members): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(declared).map(([name, schema]) => [name, read(name, found[name] ?? '', schema)]),
  );
}

/** The body of a request, checked; throws an {@link ApiProblem}. */
export function readBody(text: string, schema: Schema<unknown>): unknown {
  const value = parsed('the body', text);
  const fault = faultOf(schema.json, value, 'body');
  if (fault !== undefined) throw new ApiProblem('bad_request', fault);
  return value;
}

/** Numbers are written in decimal, lists of texts with commas between, as JSON or one by one, all else that is no text as JSON. */
function read(name: string, text: string, { json }: Schema<unknown>, before: readonly unknown[] = []): unknown {
  const given = readValue(name, text, json.type, json.items?.type);
  const value = Array.isArray(given) ? [...before, ...given] : given;
  const fault = faultOf(json, value, name);
  if (fault !== undefined) throw new ApiProblem('bad_parameter', fault);
  return value;
}

function readValue(name: string, text: string, type: unknown, itemType: unknown): unknown {
  if (type === 'string') return text;
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  // Paths of fields may have commas in quotes, and none begins with a bracket.
  if (type === 'array' && itemType === 'string' && !text.startsWith('[')) return text.match(LISTED) ?? [];
  return parsed(name, text);
}

/** An item of a list with commas between. */
const LISTED = /(?:"(?:[^"\\]|\\.)*"|[^,])+/g;

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiProblem('bad_request', `${what} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function unknown(name: string, declared: Members, variables: boolean): ApiProblem {
  const names = [...Object.keys(declared), ...(variables ? [`${VARIABLE}NAME`] : [])];
  const known = names.length === 0 ? 'there are none here' : `there are ${names.join(', ')}`;
  return new ApiProblem('bad_parameter', `there is no parameter ${JSON.stringify(name.slice(0, 100))}: ${known}`);
}
