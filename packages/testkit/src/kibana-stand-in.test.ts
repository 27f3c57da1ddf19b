import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KibanaStandIn, kibanaStandIn } from './kibana-stand-in.ts';

let server: KibanaStandIn;
beforeEach(async () => {
  server = await kibanaStandIn({ version: '8.9.0', spaces: ['ops'] });
});
afterEach(() => server.stop());

const HEADERS = { authorization: 'ApiKey key', 'kbn-xsrf': 'true' };
const VIEW = {
  type: 'index-pattern',
  id: 'v',
  attributes: { title: 'a-*' },
  references: [],
  typeMigrationVersion: '8.0.0',
};
const DASHBOARD = {
  ...{ type: 'dashboard', id: 'd', attributes: { title: 'D' }, typeMigrationVersion: '8.9.0' },
  references: [{ type: 'index-pattern', id: 'v', name: 'n' }],
};

async function importInto(
  path: string,
  objects: readonly object[],
  name = 'a.ndjson',
  headers: object = HEADERS,
): Promise<[number, unknown]> {
  const form = new FormData();
  form.set('file', new Blob([objects.map((object) => JSON.stringify(object)).join('\n')]), name);
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers: { ...headers }, body: form });
  return [response.status, await response.json()];
}

test('takes what refers to nothing that is missing, leaves out the line that counts', async () => {
  const [status, answer] = await importInto('/api/saved_objects/_import?overwrite=false', [
    VIEW,
    DASHBOARD,
    { exportedCount: 2 },
  ]);
  expect([status, answer]).toMatchObject([200, { success: true, successCount: 2 }]);
  expect(server.objects).toMatchObject([{ id: 'v' }, { id: 'd', typeMigrationVersion: '10.3.0' }]);
});

test('names a data view that is not in the space', async () => {
  const missing = { type: 'missing_references', references: [{ type: 'index-pattern', id: 'v' }] };
  const expected = [200, { success: false, successCount: 0, errors: [{ id: 'd', error: missing }] }];
  expect(await importInto('/api/saved_objects/_import?overwrite=true', [DASHBOARD])).toMatchObject(expected);
});

test('a conflict unless it may overwrite; a copy, with its references, where another space has the id', async () => {
  const path = '/api/saved_objects/_import?overwrite=false';
  await importInto(path, [VIEW]);
  expect(await importInto(path, [VIEW])).toMatchObject([
    200,
    { success: false, errors: [{ error: { type: 'conflict' } }] },
  ]);
  expect(await importInto(path.replace('false', 'true'), [VIEW])).toMatchObject([200, { success: true }]);
  expect(await importInto(`/s/ops${path}`, [VIEW, DASHBOARD])).toMatchObject([200, { success: true }]);
  const [, copy, dashboard] = server.objects;
  expect(copy).toMatchObject({ space: 'ops', originId: 'v' });
  expect(copy?.id).not.toBe('v');
  expect(dashboard?.references).toEqual([{ type: 'index-pattern', id: copy?.id, name: 'n' }]);
});

test.each([
  [
    [{ ...VIEW, typeMigrationVersion: '8.10.0' }],
    'a.ndjson',
    HEADERS,
    422,
    'belongs to a more recent version of Kibana',
  ],
  [[VIEW, VIEW], 'a.ndjson', HEADERS, 400, 'Non-unique import objects detected: [index-pattern:v]'],
  [[VIEW], 'a.json', HEADERS, 400, 'Invalid file extension .json'],
  [[VIEW], 'a.ndjson', { authorization: 'ApiKey key' }, 400, 'Request must contain a kbn-xsrf header.'],
  [[VIEW], 'a.ndjson', { 'kbn-xsrf': 'true' }, 401, 'unable to authenticate'],
])('refuses %j as %s with %j', async (objects, name, headers, status, message) => {
  const answer = await importInto('/api/saved_objects/_import?overwrite=true', objects, name, headers);
  expect(answer).toEqual([status, expect.objectContaining({ message: expect.stringContaining(message) })]);
  expect(server.objects).toEqual([]);
});
