import { writeFile } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { ServerCredentials } from '@grpc/grpc-js';
import { ProbeError } from '@tailrace/core';
import { cutRequest } from '@tailrace/telemetry';
import { batchOf, certificateAuthority, listenOnLoopback, sinkRun, startProcess } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { gaugeOf, grpcReceiver, recordBatchOf, spansOf } from './receiver.fixture.ts';

const DONE = { kind: 'done', refused: [] };
const BATCH = () => recordBatchOf('traces', spansOf({ count: 3 }));

async function receiverOf(...options: Parameters<typeof grpcReceiver>) {
  const receiver = await grpcReceiver(...options);
  onTestFinished(() => receiver.stop());
  return receiver;
}

async function sink(options: object, folder?: string) {
  const run = await sinkRun(otlpSink, { protocol: 'grpc', ...options }, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

test('calls the service of the signal, with metadata and gzip', async () => {
  const receiver = await receiverOf();
  const { send } = await sink({
    endpoint: `http://127.0.0.1:${receiver.port}`,
    headers: { 'Api-Key': 'a' },
    auth: { bearer: 'token' },
  });
  expect(await send(BATCH())).toEqual(DONE);
  const [{ signal, body, metadata }] = receiver.calls as [(typeof receiver.calls)[number]];
  expect(signal).toBe('traces');
  expect(cutRequest('traces', body).length).toBe(3);
  expect(metadata.getMap()).toMatchObject({ 'api-key': 'a', authorization: 'Bearer token' });
  expect(await send(batchOf([{ message: 'hello' }]))).toEqual(DONE);
  expect(await send(recordBatchOf('metrics', gaugeOf('up')))).toEqual(DONE);
  expect(receiver.calls.map((call) => call.signal)).toEqual(['traces', 'logs', 'metrics']);
  expect(metadata.get('user-agent')).toEqual([expect.stringMatching(/^tailrace /)]);
});

test('gzip makes requests smaller on the wire', async () => {
  const receiver = await receiverOf();
  const bytesOf = async (compression: string): Promise<number> => {
    let bytes = 0;
    const { connect } = await import('node:net');
    const counting = createTcpServer((socket) => {
      const onward = connect(receiver.port, '127.0.0.1');
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      socket.pipe(onward).pipe(socket);
      for (const one of [socket, onward]) one.on('error', () => undefined);
    });
    const { port, stop } = await listenOnLoopback(counting);
    onTestFinished(stop);
    const { send } = await sink({ endpoint: `http://127.0.0.1:${port}`, compression });
    expect(await send(recordBatchOf('traces', spansOf({ size: 100_000 })))).toEqual(DONE);
    return bytes;
  };
  expect(await bytesOf('none')).toBeGreaterThan(100_000);
  expect(await bytesOf('gzip')).toBeLessThan(10_000);
});

test('a place of its own for one signal', async () => {
  const [one, other] = [await receiverOf(), await receiverOf()];
  const { send } = await sink({
    endpoint: `http://127.0.0.1:${one.port}`,
    endpoints: { traces: `http://127.0.0.1:${other.port}` },
  });
  expect(await send(BATCH())).toEqual(DONE);
  expect([one.calls.length, other.calls.length]).toEqual([0, 1]);
});

test('a target that comes back is found at once, however long it was away', async () => {
  const first = await grpcReceiver();
  const endpoint = `http://127.0.0.1:${first.port}`;
  const { send } = await sink({ endpoint });
  expect(await send(BATCH())).toEqual(DONE);
  await first.stop();
  for (let i = 0; i < 8; i++) {
    expect(await send(BATCH())).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
  }
  await receiverOf({ port: first.port });
  const before = performance.now();
  expect(await send(BATCH())).toEqual(DONE);
  expect(performance.now() - before).toBeLessThan(500);
});

test('a call that its target does not survive is sent again', async () => {
  const receiver = await grpcReceiver({ answer: () => ({ delayMs: 10_000 }) });
  const { send } = await sink({ endpoint: `http://127.0.0.1:${receiver.port}` });
  const pending = send(BATCH());
  while (receiver.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await receiver.stop();
  expect(await pending).toMatchObject({ kind: 'retry' });
});

test('time limits: connecting, the whole request', async () => {
  const receiver = await receiverOf({ answer: () => ({ delayMs: 10_000 }) });
  const { send } = await sink({ endpoint: `http://127.0.0.1:${receiver.port}` });
  const late = await send(BATCH(), { signal: AbortSignal.timeout(200) });
  expect(late).toEqual({ kind: 'retry', code: 'server_timeout', message: 'no answer in time' });
  const { port, stop } = await listenOnLoopback(createTcpServer(() => undefined));
  onTestFinished(stop);
  const never = await sink({ endpoint: `https://localhost:${port}`, connect_timeout: '200ms' });
  expect(await never.send(BATCH())).toEqual({
    kind: 'retry',
    code: 'server_unreachable',
    message: 'no connection within connect_timeout',
  });
});

test('a call that takes too long does not take the others with it', async () => {
  const receiver = await receiverOf({ answer: () => ({ delayMs: 300 }) });
  const { send } = await sink({ endpoint: `http://127.0.0.1:${receiver.port}` });
  const [slow, patient] = [send(BATCH(), { signal: AbortSignal.timeout(100) }), send(BATCH())];
  expect(await slow).toMatchObject({ kind: 'retry', code: 'server_timeout' });
  expect(await patient).toEqual(DONE);
});

test('TLS: the authority, a name, a client certificate, no check; what is wrong is said', async () => {
  const authority = certificateAuthority();
  const { certificate, key } = authority.issue({ name: 'receiver', hosts: ['otlp.example.com'] });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(authority.certificate),
    [{ cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) }],
    true,
  );
  const receiver = await receiverOf({ credentials });
  const own = authority.issue({ name: 'client' });
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  await writeFile(`${folder}/ca.pem`, authority.certificate);
  await writeFile(`${folder}/client.pem`, own.certificate);
  await writeFile(`${folder}/client.key`, own.key);
  const client = { certificate: 'client.pem', key: 'client.key' };
  const endpoint = `https://localhost:${receiver.port}`;
  const good = await sink({ endpoint, tls: { ...client, ca: 'ca.pem', server_name: 'otlp.example.com' } }, folder);
  await good.probe();
  expect(await good.send(BATCH())).toEqual(DONE);
  const unchecked = await sink({ endpoint, tls: { ...client, verify: false } }, folder);
  expect(await unchecked.send(BATCH())).toEqual(DONE);
  const probed = async (tls: object) => {
    const { probe } = await sink({ endpoint, tls }, folder);
    const error: unknown = await probe().catch((thrown: unknown) => thrown);
    if (!(error instanceof ProbeError)) throw new Error(`no ProbeError but ${String(error)}`);
    return `${error.code}: ${error.message}`;
  };
  const start = `tls_failed: cannot connect to ${endpoint}: `;
  expect(await probed({ ...client, server_name: 'otlp.example.com' })).toContain(
    `${start}its certificate is signed by an authority that is not trusted: set tls.ca (`,
  );
  expect(await probed({ ...client, ca: 'ca.pem' })).toContain(
    `${start}its certificate is for another name: correct the URL or set tls.server_name (`,
  );
  expect(await probed({ ca: 'ca.pem', server_name: 'otlp.example.com' })).toContain(`cannot connect to ${endpoint}: `);
});
