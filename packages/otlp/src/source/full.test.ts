import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { callExport, closeClients } from './grpc.fixture.ts';
import { rawHttp } from './raw-http.fixture.ts';
import { type RunningSource, recordsOf, requestBytes, startSource, stopSources, until } from './source.fixture.ts';

afterEach(async () => {
  closeClients();
  await stopSources();
});

const SMALL = { max_body_bytes: 2000, max_in_flight_bytes: 2000 };

const postTraces = (
  { http }: RunningSource,
  body: Buffer | ReadableStream,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`http://${http}/v1/traces`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });

test('while requests wait to settle there is room for so many bytes only; then they come in again', async () => {
  const source = await startSource(SMALL, { held: true });
  const body = requestBytes('traces', 30);
  const first = postTraces(source, body);
  await until(() => recordsOf(source) === 30);

  const http = await postTraces(source, body);
  expect([http.status, http.headers.get('retry-after')]).toEqual([429, '1']);
  const grpc = await callExport(source.grpc, 'traces', body);
  expect(grpc).toMatchObject({ code: 8, status: { code: 8, retryAfterMs: 1000 } });
  expect(recordsOf(source)).toBe(30);
  expect(source.said.errors).toEqual({ source_full: 2 });

  source.release('delivered');
  expect((await first).status).toBe(200);
  expect((await postTraces(source, body)).status).toBe(200);
  expect((await callExport(source.grpc, 'traces', body)).code).toBe(0);
  expect(recordsOf(source)).toBe(90);
});

test('a request that has timed out takes its room until it settles', async () => {
  const source = await startSource({ ...SMALL, ack_timeout: '50ms' }, { held: true });
  const body = requestBytes('traces', 30);
  expect((await postTraces(source, body)).status).toBe(503);
  expect((await postTraces(source, body)).status).toBe(429);
  source.release('delivered');
  await until(() => source.said.gauges.get('otlp_in_flight_bytes') !== undefined);
  expect((await postTraces(source, body)).status).toBe(200);
});

test('a compressed request takes the room of its content once it is unpacked', async () => {
  const source = await startSource(SMALL, { held: true });
  // Three quarters of it remain in gzip: both fit only when the first one's packed form is let go.
  const body = requestBytes('traces', 1, randomBytes(440).toString('base64url'));
  const first = callExport(source.grpc, 'traces', body, { compression: 2 });
  await until(() => recordsOf(source) === 1);
  const second = callExport(source.grpc, 'traces', body, { compression: 2 });
  await until(() => recordsOf(source) === 2);
  source.release('delivered');
  expect([(await first).code, (await second).code]).toEqual([0, 0]);
});

test('a body without a length that outgrows the room is refused for now, in the middle', async () => {
  const source = await startSource(SMALL, { held: true });
  const first = postTraces(source, requestBytes('traces', 5));
  await until(() => recordsOf(source) === 5);
  const endless = new ReadableStream({
    start(controller) {
      for (let k = 0; k < 19; k++) controller.enqueue(Buffer.alloc(100));
      controller.close();
    },
  });
  const response = await postTraces(source, endless);
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
  const grpc = await callExport(source.grpc, 'traces', Buffer.alloc(1990));
  expect(grpc).toMatchObject({ code: 8, status: { retryAfterMs: 1000 } });
  source.release('delivered');
  expect((await first).status).toBe(200);
});

test('a short request that is refused leaves its connection open', async () => {
  const source = await startSource({ auth: { bearer: 'secret' } });
  const raw = await rawHttp(source.http);
  const head = 'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 3\r\n\r\n';
  for (let k = 1; k <= 3; k++) {
    raw.send(`${head}abc`);
    await until(() => raw.received().split('HTTP/1.1 401').length === k + 1);
  }
  expect(raw.received()).toContain('keep-alive');
  raw.end();
});
