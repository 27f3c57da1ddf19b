import type { JsonSchema, Schema } from '@tailrace/core';
import type { Route } from './route.ts';
import { SCHEMAS } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const NAMES = new Map<JsonSchema, string>(Object.entries(SCHEMAS).map(([name, { json }]) => [json, name]));
/** Requests have them, and there what is unknown is refused. */
const ASKED: readonly string[] = ['Condition'];
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** The description of these routes, by OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html). */
export function openApiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(route) });
  }
  const schemas = Object.entries(SCHEMAS).map(([name, { json }]) => [
    name,
    ASKED.includes(name) ? named(json, name) : open(named(json, name)),
  ]);
  return {
    openapi: '3.1.1',
    info: {
      title: 'tailrace: the API of the local store',
      version: '1',
      description:
        'What the sink `local` holds, for the page and for programs. All times are Unix milliseconds. Members may be added to answers; what is there stays.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:9600' }],
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'The option `page.token`.' } },
    },
  };
}

function operation(route: Route): Json {
  const { path, summary, params, query, variables, body, answer, streams } = route;
  const parameters = [
    ...Object.entries(params).map(([name, schema]) => parameter('path', name, schema)),
    ...Object.entries(query).map(([name, schema]) => parameter('query', name, schema)),
    ...(variables === true ? [VARIABLES] : []),
  ];
  const type = streams === true ? 'text/event-stream' : 'application/json';
  const schema = streams === true ? { type: 'string' } : reference(answer);
  return {
    operationId: operationId(route),
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: named(body.json) } } },
    }),
    responses: {
      200: {
        description: streams === true ? `Events; their data is a ${answer}.` : `See ${answer}.`,
        content: { [type]: { schema } },
      },
      default: {
        description: `Why there is no answer from ${path}.`,
        content: { 'application/json': { schema: reference('ApiError') } },
      },
    },
  };
}

/** `getDashboardPanel` of `GET /api/v1/dashboards/{id}/panels/{panel}`. */
function operationId({ method, path }: Route): string {
  const segments = path.replace('/api/v1/', '').split('/');
  const words = segments.flatMap((segment, index) => {
    if (segment.startsWith('{')) return [];
    const word = segment.replace(/\..*$/, '');
    // One of them, when the next segment says which.
    return segments[index + 1] === undefined ? [word] : [word.replace(/s$/, '')];
  });
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function parameter(place: 'path' | 'query', name: string, { json, required }: Schema<unknown>): Json {
  const { description, ...schema } = json;
  const isText = json.type !== 'array' || json.items?.type === 'string';
  const form = isText
    ? { schema, ...(json.type === 'array' && { style: 'form', explode: false }) }
    : { content: { 'application/json': { schema: named(schema) } } };
  return { name, in: place, description, required: required || place === 'path', ...form };
}

/** Each variable is a parameter of its own; which ones there are, the dashboard says. */
const VARIABLES: Json = {
  name: 'variables',
  in: 'query',
  description: 'What is chosen of the dashboard’s variables: `var.NAME=value`, once per value.',
  required: false,
  style: 'form',
  explode: true,
  schema: {
    type: 'object',
    patternProperties: { '^var\\.': { type: 'array', items: { type: 'string' } } },
    additionalProperties: false,
  },
};

/** A schema whose parts are referred to by name where they have one; `own` is its own. */
function named(schema: unknown, own?: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => named(each));
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = NAMES.get(schema);
  if (name !== undefined && name !== own) return reference(name);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, named(value)]));
}

/** Answers may get more members some day, and nobody should refuse them then. */
function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(open);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(([key, value]) => key !== 'additionalProperties' || value !== false);
  return Object.fromEntries(members.map(([key, value]) => [key, open(value)]));
}
