import type { Schema } from '@tailrace/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { openApiOf } from './open-api.ts';
import { ROUTES } from './routes.ts';
import { SCHEMAS } from './schemas.ts';
import { START, sessionStart, WINDOW } from './session.fixture.ts';

const KEY = 'stream-1-000000000000';
const where = encodeURIComponent(JSON.stringify([{ field: 'fields.client_user', is: ['ada'] }]));

/** A request of each route, by its method and path. */
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  'GET /api/v1/status': ['/api/v1/status'],
  'GET /api/v1/fields': ['/api/v1/fields'],
  'GET /api/v1/openapi.json': ['/api/v1/openapi.json'],
  'GET /api/v1/dashboards/{id}': ['mirrord-usage', 'pipeline-health'].map((id) => `/api/v1/dashboards/${id}`),
  'GET /api/v1/dashboards/{id}/variables/{name}': [
    `/api/v1/dashboards/mirrord-usage/variables/target_name?${WINDOW}&var.target_type=deployment`,
  ],
  'GET /api/v1/events': [`/api/v1/events?${WINDOW}&where=${where}&columns=fields.client_user,no.such&text=ada`],
  'GET /api/v1/events/{key}': [`/api/v1/events/${KEY}`],
};

describe('what the API says of itself', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  const strict = new Map<string, ValidateFunction>();
  const open = new Map<string, ValidateFunction>();
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
    await api.add([sessionStart(1, 'ada', 1), sessionStart(2, 'bob', 2)]);
    const described = openApiOf(ROUTES);
    for (const [name, schema] of Object.entries<Schema<unknown>>(SCHEMAS)) {
      strict.set(name, ajv.compile(schema.json));
      open.set(name, new Ajv2020({ strict: false }).compile({ ...described, $ref: `#/components/schemas/${name}` }));
    }
  });
  afterAll(() => api.close());

  const holds = (answer: string, value: unknown, of: string) => {
    for (const validators of [strict, open]) {
      const validate = validators.get(answer);
      expect(validate?.(value), `${of}: ${JSON.stringify(validate?.errors)}`).toBe(true);
    }
  };

  it('holds for the answer of every route', async () => {
    const asked = ROUTES.filter(({ method, streams }) => method === 'GET' && streams !== true);
    for (const { method, path, answer } of asked.filter((route) => !route.path.includes('{panel}'))) {
      const requests = REQUESTS[`${method} ${path}`] ?? [];
      expect(requests.length, `${method} ${path} has no request here`).toBeGreaterThan(0);
      for (const request of requests) {
        const { status, text } = await ask(`${api.url}${request}`);
        expect(status, `${request}: ${text}`).toBe(200);
        holds(answer, JSON.parse(text), request);
      }
    }
  });

  it('holds for every panel, and for those that are left out', async () => {
    const { dashboards } = JSON.parse((await ask(`${api.url}/api/v1/status`)).text);
    for (const { id } of dashboards) {
      const view = JSON.parse((await ask(`${api.url}/api/v1/dashboards/${id}`)).text);
      for (const { panel, leftOut } of view.rows.flatMap(({ panels }: { panels: object[] }) => panels)) {
        const { status, text } = await ask(`${api.url}/api/v1/dashboards/${id}/panels/${panel.id}?${WINDOW}`);
        const isShown = leftOut === undefined && panel.kind !== 'text';
        expect(status, `${id} ${panel.id}: ${text}`).toBe(isShown ? 200 : leftOut === undefined ? 404 : 409);
        holds(isShown ? 'PanelAnswer' : 'ApiError', JSON.parse(text), `${id} ${panel.id}`);
      }
    }
  });

  it('holds for a statement, and for an error', async () => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const answer = await ask(`${api.url}/api/v1/query`, options, JSON.stringify({ sql: 'FROM logs', rows: 1 }));
    holds('QueryAnswer', JSON.parse(answer.text), 'query');
    const refused = await ask(`${api.url}/api/v1/query`, options, JSON.stringify({ sql: 'DROP TABLE logs' }));
    expect(refused.status).toBe(400);
    holds('ApiError', JSON.parse(refused.text), 'a refused statement');
  });

  it('has a schema that is exact: what is not declared is refused', async () => {
    const status = JSON.parse((await ask(`${api.url}/api/v1/status`)).text);
    expect(strict.get('Status')?.({ ...status, more: 1 })).toBe(false);
    expect(strict.get('Status')?.({ ...status, first: START, bytes: undefined })).toBe(false);
    // Answers may get more members, and clients that validate them go on.
    expect(open.get('Status')?.({ ...status, more: 1 })).toBe(true);
  });
});

describe('the description by OpenAPI 3.1', () => {
  const described = JSON.parse(JSON.stringify(openApiOf(ROUTES)));
  const operations = Object.entries<Record<string, Operation>>(described.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );

  it('names each operation once, with a summary and what it answers', () => {
    expect(operations).toHaveLength(ROUTES.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { summary, responses } of operations) {
      expect(summary).toMatch(/\.$/);
      expect(Object.keys(responses)).toEqual(['200', 'default']);
    }
  });

  it('declares each parameter of a path', () => {
    for (const { path, parameters = [] } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      for (const parameter of inPath) expect(parameter.required).toBe(true);
      for (const { schema, content } of parameters) expect([schema, content].filter(Boolean)).toHaveLength(1);
    }
  });

  it('refers only to what is there', () => {
    const names = [...JSON.stringify(described).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name]) => name);
    const there = Object.keys(described.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !there.includes(name ?? ''))).toEqual([]);
  });
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: object;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema?: object;
    readonly content?: object;
  }[];
}
