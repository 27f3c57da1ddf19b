import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { callExport, closeClients } from './grpc.fixture.ts';
import { rawHttp } from './raw-http.fixture.ts';
import { recordsOf, requestBytes, startSource, stopSources, until } from './source.fixture.ts';

afterEach(async () => {
  closeClients();
  await stopSources();
});

const TYPE = { 'content-type': 'application/x-protobuf' };

test('a stopping source takes nothing, answers what it has when that settles, and returns', async () => {
  const source = await startSource({}, { held: true });
  const idle = await rawHttp(source.http);
  const body = requestBytes('traces', 1);
  const http = fetch(`http://${source.http}/v1/traces`, { method: 'POST', body, headers: TYPE });
  const grpc = callExport(source.grpc, 'traces', body);
  await until(() => recordsOf(source) === 2);

  source.run.abort.abort();
  idle.send('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n');
  await idle.closed;
  expect(idle.received()).toMatch(/^HTTP\/1\.1 503 /);
  await expect(fetch(`http://${source.http}/v1/traces`, { method: 'POST', body, headers: TYPE })).rejects.toThrow();
  expect((await callExport(source.grpc, 'traces', body)).code).toBe(14);

  source.release('delivered');
  const response = await http;
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
  expect((await grpc).code).toBe(0);
  await source.ended;
  expect(recordsOf(source)).toBe(2);
});

test('it returns only when all that it took has settled, answered or not', async () => {
  const source = await startSource({ ack_timeout: '50ms' }, { held: true });
  const body = requestBytes('traces', 1);
  const response = await fetch(`http://${source.http}/v1/traces`, { method: 'POST', body, headers: TYPE });
  expect(response.status).toBe(503);
  let hasEnded = false;
  void source.ended.then(() => {
    hasEnded = true;
  });
  source.run.abort.abort();
  await sleep(300);
  expect(hasEnded).toBe(false);
  source.release('delivered');
  await source.ended;
});

test('what is still arriving is refused, to be sent to the successor', async () => {
  const source = await startSource();
  const body = requestBytes('traces', 1);
  const raw = await rawHttp(source.http);
  raw.send(
    `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  raw.send(body.subarray(0, 10));
  await fetch(`http://${source.http}/v1/traces`, { method: 'POST', body, headers: TYPE });
  source.run.abort.abort();
  raw.send(body.subarray(10));
  await raw.closed;
  expect(raw.received()).toMatch(/^HTTP\/1\.1 503 .*connection: close/is);
  expect(source.said.errors).toEqual({ source_stopping: 1 });
  await source.ended;
  expect(recordsOf(source)).toBe(1);
});

test('the ports are free at once: a successor listens on them', async () => {
  const first = await startSource({}, { held: true });
  const held = callExport(first.grpc, 'traces', requestBytes('traces', 1));
  await until(() => recordsOf(first) === 1);
  first.run.abort.abort();
  const second = await startSource({ grpc: { address: first.grpc }, http: { address: first.http } });
  expect((await callExport(second.grpc, 'traces', requestBytes('traces', 1))).code).toBe(0);
  first.release('delivered');
  expect((await held).code).toBe(0);
});

test('a port that is taken: /readyz says which and why, and it is tried again', async () => {
  const squatter = createServer();
  squatter.listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  const taken = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  for (const protocol of ['grpc', 'http'] as const) {
    if (!squatter.listening) {
      squatter.listen(Number(taken.split(':')[1]), '127.0.0.1');
      await once(squatter, 'listening');
    }
    const starting = startSource({ [protocol]: { address: taken } });
    const source = await Promise.race([starting, new Promise<null>((resolve) => setTimeout(resolve, 300, null))]);
    expect(source).toBeNull();
    squatter.close();
    await once(squatter, 'close');
    const ready = await starting;
    expect(ready[protocol]).toBe(taken);
    expect(ready.said.errors).toEqual({ listen_failed: 1 });
    expect(ready.said.notReady.size).toBe(0);
    await ready.stop();
  }
});
