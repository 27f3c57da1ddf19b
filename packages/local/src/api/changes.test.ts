import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { tellChanges } from './changes.ts';
import { sessionStart } from './session.fixture.ts';
import type { StoreReader } from './store-reader.ts';

const PATH = '/api/v1/changes';

interface Told {
  readonly at: number;
  readonly logs: number;
  readonly revision: number;
}

describe('server-sent events', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await testApi();
  });
  afterEach(() => api.close());

  it('tell the status at once, and after each change at most once a second', async () => {
    const { told, response, ended } = await listen(api.url + PATH);
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    await expect.poll(() => told.length).toBe(1);
    for (let session = 1; session <= 10; session++) await api.add([sessionStart(session, 'ada', session)]);
    await expect.poll(() => told.at(-1)?.logs, { timeout: 10_000 }).toBe(10);
    await api.add([sessionStart(11, 'ada', 11)]);
    await expect.poll(() => told.at(-1)?.logs, { timeout: 10_000 }).toBe(11);
    // Ten changes at once are one or two events, then one more.
    expect(told.length).toBeLessThanOrEqual(4);
    for (const [n, { at, revision }] of told.slice(2).entries()) {
      expect(at - (told[n + 1]?.at ?? 0)).toBeGreaterThan(800);
      expect(revision).toBeGreaterThan(told[n + 1]?.revision ?? 0);
    }
    const { revision } = JSON.parse((await ask(`${api.url}/api/v1/status`)).text);
    expect(told.at(-1)?.revision).toBe(revision);
    await api.server.close();
    await ended;
  });

  it('have at most twenty listeners, and room again when one goes', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => listen(api.url + PATH)));
    const { status, text, headers } = await ask(api.url + PATH);
    expect([status, JSON.parse(text).error.code, headers['retry-after']]).toEqual([503, 'busy', '30']);
    all[0]?.response.destroy();
    let next: IncomingMessage | undefined;
    await expect
      .poll(async () => {
        next = (await listen(api.url + PATH)).response;
        return next.statusCode;
      })
      .toBe(200);
    next?.destroy();
    for (const { response } of all) response.destroy();
  });
});

describe('a listener that does not read', () => {
  it('is dropped when too much waits for it, and the others hear on', async () => {
    let publish = () => {};
    const revisions = {
      current: () => 1,
      onPublish: (listener: () => void) => {
        publish = listener;
        return () => {};
      },
      close: () => {},
    };
    const counts = () => ({ logs: 0, metrics: 0, traces: 0, first: null, last: null, bytes: 0 });
    const store: StoreReader = {
      fields: {},
      revision: 1,
      onChange: () => () => {},
      counts,
      read: () => Promise.reject(),
    };
    // Events of this size fill what the system holds back for a socket.
    const version = 'x'.repeat(40_000);
    const changes = tellChanges({ store, revisions, dashboards: [], component: 'store', version });
    const server = createServer((request, response) => changes.join(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const deaf = connect(port, '127.0.0.1');
    const isGone = new Promise<true>((resolve) =>
      server.on('connection', (socket) => socket.on('close', () => resolve(true))),
    );
    await new Promise<void>((resolve) => deaf.once('connect', resolve));
    deaf.pause();
    deaf.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const { told, response } = await listen(`http://127.0.0.1:${port}/`);
    let gone = false;
    void isGone.then(() => {
      gone = true;
    });
    for (let event = 1; !gone && event < 1000; event++) {
      publish();
      await expect.poll(() => told.length, { interval: 1 }).toBeGreaterThan(event);
    }
    expect(gone).toBe(true);
    expect(response.destroyed).toBe(false);
    changes.close();
    deaf.destroy();
    server.close();
  });
});

/** What a listener is told. */
function listen(url: string): Promise<{ told: Told[]; response: IncomingMessage; ended: Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    const asking = get(url, { agent: false }, (response) => {
      const told: Told[] = [];
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = /^event: change\ndata: (.*)$/.exec(event)?.[1];
          if (data !== undefined) told.push({ at: performance.now(), ...JSON.parse(data) });
        }
      });
      response.on('error', () => undefined);
      const ended = new Promise((end) => response.on('close', end));
      resolve({ told, response, ended });
    });
    asking.on('error', reject);
  });
}
