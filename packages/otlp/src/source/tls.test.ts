import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { resolveConfig } from '@tailrace/core';
import { certificateAuthority, type KeyedCertificate, sourceContext } from '@tailrace/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { callExport, closeClients } from './grpc.fixture.ts';
import { otlpSource } from './otlp-source.ts';
import { recordsOf, requestBytes, startSource, stopSources } from './source.fixture.ts';

const authority = certificateAuthority();
const server = authority.issue({ name: 'server', hosts: ['127.0.0.1', 'localhost'] });
const known = authority.issue({ name: 'client' });
const stranger = certificateAuthority('another').issue({ name: 'stranger' });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otlp-tls-'));
  await writeFile(join(folder, 'server.pem'), server.certificate);
  await writeFile(join(folder, 'server-key.pem'), server.key);
  await writeFile(join(folder, 'other-key.pem'), known.key);
  await writeFile(join(folder, 'clients.pem'), authority.certificate);
  await writeFile(join(folder, 'text.pem'), 'no certificate');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  closeClients();
  await stopSources();
});

const TLS = { certificate: 'server.pem', key: 'server-key.pem' };
const body = () => requestBytes('logs', 1);

/** Status of a POST over TLS; the error's code when there is none. */
async function postTls(address: string, client?: KeyedCertificate): Promise<number | string> {
  return await new Promise((resolve) => {
    const [host, port] = address.split(':');
    const sent = request({
      host,
      port,
      path: '/v1/logs',
      method: 'POST',
      ca: authority.certificate,
      headers: { 'content-type': 'application/x-protobuf' },
      ...(client && { cert: client.certificate, key: client.key }),
    });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body());
  });
}

function channel(client?: KeyedCertificate) {
  const roots = Buffer.from(authority.certificate);
  if (!client) return credentials.createSsl(roots);
  return credentials.createSsl(roots, Buffer.from(client.key), Buffer.from(client.certificate));
}

test('without options it listens on the loopback, at the ports of OTLP', () => {
  const { grpc, http } = resolveConfig(otlpSource.config, {});
  expect([grpc, http]).toEqual([{ address: '127.0.0.1:4317' }, { address: '127.0.0.1:4318' }]);
});

test('both listeners speak TLS and nothing else', async () => {
  const source = await startSource({ tls: TLS }, { folder });
  expect(await postTls(source.http)).toBe(200);
  expect((await callExport(source.grpc, 'logs', body(), { channel: channel() })).code).toBe(0);
  await expect(fetch(`http://${source.http}/v1/logs`)).rejects.toThrow();
  expect((await callExport(source.grpc, 'logs', body())).code).toBe(14);
  expect(recordsOf(source)).toBe(2);
});

test('with client_ca only its clients come in', async () => {
  const source = await startSource({ tls: { ...TLS, client_ca: 'clients.pem' } }, { folder });
  expect(await postTls(source.http, known)).toBe(200);
  expect((await callExport(source.grpc, 'logs', body(), { channel: channel(known) })).code).toBe(0);
  for (const client of [undefined, stranger]) {
    expect(await postTls(source.http, client)).not.toBe(200);
    expect((await callExport(source.grpc, 'logs', body(), { channel: channel(client) })).code).toBe(14);
  }
  expect(recordsOf(source)).toBe(2);
});

test.each([
  [{ tls: { certificate: 'server.pem' } }, ['tls', 'key'], 'is missing beside'],
  [{ tls: { key: 'server-key.pem' } }, ['tls', 'certificate'], 'is missing beside'],
  [{ tls: { client_ca: 'clients.pem' } }, ['tls', 'client_ca'], 'nothing is encrypted'],
  [{ tls: { ...TLS, certificate: 'missing.pem' } }, ['tls', 'certificate'], 'cannot read missing.pem'],
  [{ tls: { ...TLS, client_ca: 'text.pem' } }, ['tls', 'client_ca'], 'holds no PEM'],
  [{ tls: { ...TLS, key: 'other-key.pem' } }, ['tls', 'certificate'], 'do not make a server'],
  [{ grpc: false, http: false }, ['grpc'], 'listen to one'],
  [{ grpc: { address: '4317' } }, ['grpc', 'address'], 'must be host:port'],
  [{ http: { address: '127.0.0.1:70000' } }, ['http', 'address'], 'must be host:port'],
  [{ max_in_flight_bytes: '1MiB' }, ['max_in_flight_bytes'], 'max_body_bytes'],
  [{ max_body_bytes: '1GiB' }, ['max_body_bytes'], '512MiB'],
  [{ max_event_bytes: '5MiB' }, ['max_event_bytes'], '4MiB'],
  [{ auth: { bearer: 'two words' } }, ['auth', 'bearer'], 'one word'],
  [{ max_compressed_bytes: 0 }, ['max_compressed_bytes'], 'at least 1 byte'],
  [{ ack_timeout: '0s' }, ['ack_timeout'], 'must be from 1ms to 24d'],
  [{ ack_timeout: '30d' }, ['ack_timeout'], 'must be from 1ms to 24d'],
  [{ read_timeout: '0s' }, ['read_timeout'], 'must be from 1ms to 24d'],
  [{ read_timeout: '30d' }, ['read_timeout'], 'must be from 1ms to 24d'],
])('%j is refused', async (options, at, message) => {
  const { context } = sourceContext(folder);
  const create = async () => await otlpSource.create({ config: resolveConfig(otlpSource.config, options), context });
  await expect(create()).rejects.toMatchObject({ name: 'ConfigError', at, message: expect.stringContaining(message) });
});
