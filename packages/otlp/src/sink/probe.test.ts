import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { ConfigError } from '@tailrace/core';
import { listenOnLoopback, scriptedServer, sinkRun } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { grpcReceiver } from './receiver.fixture.ts';

/** What the probe says; `undefined` when it finds nothing wrong. */
async function probed(options: object): Promise<unknown> {
  const { probe, sink } = await sinkRun(otlpSink, options);
  onTestFinished(() => sink.close?.());
  return await probe().catch((thrown: unknown) => thrown);
}

test('nothing listens, no such host', async () => {
  const start = 'cannot connect to http://127.0.0.1:1: nothing listens there (';
  for (const protocol of ['http/protobuf', 'grpc']) {
    expect(await probed({ protocol, endpoint: 'http://127.0.0.1:1' })).toMatchObject({
      name: 'ProbeError',
      code: 'server_unreachable',
      message: expect.stringContaining(start),
    });
    expect(await probed({ protocol, endpoint: 'http://no-such-host.invalid' })).toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('no such host name'),
    });
  }
});

test('over HTTP: who answers, and how', async () => {
  const server = await scriptedServer([{ status: 200 }]);
  onTestFinished(() => server.stop());
  const endpoint = server.url;
  expect(await probed({ endpoint })).toBeUndefined();
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/logs']);
  server.play(({ path }) => ({ status: path === '/v1/traces' ? 200 : 404 }));
  expect(await probed({ endpoint })).toBeUndefined();
  server.play([{ status: 400, body: 'empty' }]);
  expect(await probed({ endpoint })).toBeUndefined();
  server.play([{ status: 404, body: 'nothing here' }]);
  expect(await probed({ endpoint })).toMatchObject({
    name: 'ProbeError',
    code: 'not_otlp',
    message: `${endpoint}/v1/logs takes no OTLP: it answers status 404: nothing here`,
  });
  server.play([{ status: 200, body: '<!DOCTYPE html><p>Welcome' }]);
  expect(await probed({ endpoint })).toMatchObject({
    code: 'not_otlp',
    message: `${endpoint}/v1/logs answers status 200 with a web page: <!DOCTYPE html><p>Welcome`,
  });
  server.play([{ status: 401, body: 'who are you?' }]);
  expect(await probed({ endpoint })).toMatchObject({
    name: 'ProbeError',
    code: 'unauthorized',
    message: `${endpoint}/v1/logs answers status 401: who are you?`,
  });
  for (const status of [500, 503]) {
    server.play([{ status, body: 'starting' }]);
    expect(await probed({ endpoint })).toMatchObject({
      name: 'Error',
      message: `${endpoint}/v1/logs answers status ${status}: starting`,
    });
  }
});

test('places of single signals: only those named, and each of them', async () => {
  const [one, other] = [await scriptedServer([{ status: 200 }]), await scriptedServer([{ status: 404 }])];
  onTestFinished(() => Promise.all([one.stop(), other.stop()]).then(() => undefined));
  expect(await probed({ endpoints: { logs: `${one.url}/l` } })).toBeUndefined();
  expect(await probed({ endpoints: { logs: `${one.url}/l`, traces: `${other.url}/t` } })).toMatchObject({
    code: 'not_otlp',
    message: `${other.url}/t takes no OTLP: it answers status 404: an empty body`,
  });
});

test('over gRPC: who answers, and how', async () => {
  const receiver = await grpcReceiver({ signals: ['metrics'] });
  onTestFinished(() => receiver.stop());
  const endpoint = `http://127.0.0.1:${receiver.port}`;
  expect(await probed({ protocol: 'grpc', endpoint })).toBeUndefined();
  receiver.play(() => ({ code: 'UNAUTHENTICATED', message: 'who are you?' }));
  expect(await probed({ protocol: 'grpc', endpoint })).toMatchObject({
    name: 'ProbeError',
    code: 'unauthorized',
    message: `${endpoint} (metrics) answers UNAUTHENTICATED: who are you?`,
  });
  const empty = await grpcReceiver({ signals: [] });
  onTestFinished(() => empty.stop());
  expect(await probed({ protocol: 'grpc', endpoint: `http://127.0.0.1:${empty.port}` })).toMatchObject({
    name: 'ProbeError',
    code: 'not_otlp',
    message: expect.stringContaining(`http://127.0.0.1:${empty.port} (logs) takes no OTLP: it answers UNIMPLEMENTED`),
  });
});

test('the wrong protocol at the right place', async () => {
  const server = await scriptedServer([{ status: 404 }]);
  onTestFinished(() => server.stop());
  expect(await probed({ protocol: 'grpc', endpoint: server.url })).toMatchObject({
    name: 'ProbeError',
    code: 'server_unreachable',
    message: expect.stringMatching(/^[^(]*it closes the connection or speaks another protocol[^(]*\(Protocol error\)$/),
  });
  const receiver = await grpcReceiver();
  onTestFinished(() => receiver.stop());
  expect(await probed({ endpoint: `http://127.0.0.1:${receiver.port}` })).toMatchObject({
    name: 'ProbeError',
    message: expect.stringContaining('it closes the connection or speaks another protocol'),
  });
  const plain = await listenOnLoopback(createServer());
  onTestFinished(plain.stop);
  expect(await probed({ endpoint: `https://127.0.0.1:${plain.port}` })).toMatchObject({
    code: 'tls_failed',
    message: expect.stringMatching(/it does not speak TLS: write http:\/\/ \(TLS: [a-z ]+\)$/),
  });
});

test('a target that says nothing', async () => {
  const { port, stop } = await listenOnLoopback(createTcpServer(() => undefined));
  onTestFinished(stop);
  const options = { endpoint: `http://127.0.0.1:${port}`, headers_timeout: '100ms' };
  expect(await probed(options)).toMatchObject({
    name: 'ProbeError',
    code: 'server_timeout',
    message: `http://127.0.0.1:${port} does not answer`,
  });
});

test.each<[object, string, string]>([
  [
    { endpoint: 'localhost:4318' },
    'endpoint',
    'must be a URL such as http://collector.example.com:4318, is "localhost:4318"',
  ],
  [{ endpoint: 'http://a:b@c' }, 'endpoint', 'must not hold a user or password: put them under `auth`'],
  [{ endpoint: 'http://a/?b' }, 'endpoint', 'must end with its path, without ? and #'],
  [{ endpoints: { logs: 'http://a/#b' } }, 'endpoints.logs', 'must end with its path, without ? and #'],
  [{ protocol: 'grpc', endpoint: 'http://a/v1' }, 'endpoint', 'must not have a path: gRPC has paths of its own'],
  [{ proxy: 'proxy:3128' }, 'proxy', 'must be a URL such as http://proxy.example.com:3128'],
  [{ protocol: 'grpc', proxy: 'http://a:1' }, 'proxy', 'cannot be used over gRPC'],
  [{ compression_level: 10 }, 'compression_level', 'must be at most 9 for gzip, is 10'],
  [
    { protocol: 'grpc', compression_level: 1 },
    'compression_level',
    'cannot be set over gRPC, which packs with gzip’s default',
  ],
  [{ protocol: 'grpc', compression: 'zstd' }, 'compression', 'must be `gzip` or `none` over gRPC'],
  [{ headers: { A: 'b\n' } }, 'headers.A', 'holds characters that an HTTP header cannot have, such as a line break'],
  [
    { protocol: 'grpc', headers: { a: 'ä' } },
    'headers.a',
    'holds characters that gRPC metadata cannot have: only printable ASCII',
  ],
  [{ headers: { 'Content-Type': 'b' } }, 'headers.Content-Type', 'cannot be set: it says how requests are sent'],
  [{ headers: { Authorization: 'b' }, auth: { bearer: 'a' } }, 'headers.Authorization', 'cannot stand beside `auth`'],
  [{ auth: { bearer: 'a', username: 'b' } }, 'auth.bearer', 'cannot stand beside `username` and `password`'],
  [{ auth: { bearer: ' ' } }, 'auth.bearer', 'is empty'],
  [{ auth: { username: 'a' } }, 'auth.password', 'is missing beside `username`'],
  [{ auth: { password: 'a' } }, 'auth.username', 'is missing beside `password`'],
  [
    { endpoint: 'http://a:4318', tls: { verify: false } },
    'tls',
    'has no effect, for http://a:4318 is reached without TLS: write https://',
  ],
  [{ auth: { username: 'a:b', password: 'c' } }, 'auth.username', 'cannot hold a colon (RFC 7617)'],
  [{ tls: { ca: '/dev/null' } }, 'tls.ca', '/dev/null holds no PEM'],
])('refused: %#', async (options, at, message) => {
  const error: unknown = await sinkRun(otlpSink, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at.join('.')).toBe(at);
  expect((error as ConfigError).message).toBe(message);
});
