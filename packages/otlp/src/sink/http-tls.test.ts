import { writeFile } from 'node:fs/promises';
import { ProbeError } from '@tailrace/core';
import { scriptedServer, sinkRun, startProcess, tlsProxy } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { recordBatchOf, spansOf } from './receiver.fixture.ts';

const DONE = { kind: 'done', refused: [] };
const BATCH = () => recordBatchOf('traces', spansOf({ count: 3 }));

async function sink(options: object, folder?: string) {
  const run = await sinkRun(otlpSink, options, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

async function temporary(files: Record<string, string>): Promise<string> {
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  return folder;
}

test('TLS: the authority, a name, a client certificate, no check; what is wrong is said', async () => {
  const server = await scriptedServer([{ status: 200 }]);
  onTestFinished(() => server.stop());
  const proxy = await tlsProxy({ target: server.url, clientCertificate: true, hosts: ['otlp.example.com'] });
  onTestFinished(() => proxy.stop());
  const folder = await temporary({
    'ca.pem': proxy.ca,
    'client.pem': proxy.client.certificate,
    'client.key': proxy.client.key,
  });
  const endpoint = proxy.url;
  const client = { certificate: 'client.pem', key: 'client.key' };
  const good = await sink({ endpoint, tls: { ...client, ca: 'ca.pem', server_name: 'otlp.example.com' } }, folder);
  await good.probe();
  expect(await good.send(BATCH())).toEqual(DONE);
  const unchecked = await sink({ endpoint, tls: { ...client, verify: false } }, folder);
  expect(await unchecked.send(BATCH())).toEqual(DONE);
  const probed = async (tls: object) => {
    const { probe, send } = await sink({ endpoint, tls }, folder);
    const error: unknown = await probe().catch((thrown: unknown) => thrown);
    if (!(error instanceof ProbeError)) throw new Error(`no ProbeError but ${String(error)}`);
    expect(await send(BATCH())).toMatchObject({ kind: 'retry', code: error.code });
    return `${error.code}: ${error.message}`;
  };
  const half = async (tls: object) => await sinkRun(otlpSink, { endpoint, tls }, folder).catch(String);
  expect(await half({ certificate: 'client.pem' })).toBe('ConfigError: is missing beside `certificate`');
  expect(await half({ key: 'client.key' })).toBe('ConfigError: is missing beside `key`');
  const start = `tls_failed: cannot connect to ${endpoint}: `;
  expect(await probed({ ...client, server_name: 'otlp.example.com' })).toContain(
    `${start}its certificate is signed by an authority that is not trusted: set tls.ca (`,
  );
  expect(await probed({ ...client, ca: 'ca.pem' })).toContain(
    `${start}its certificate is for another name: correct the URL or set tls.server_name (`,
  );
  expect(await probed({ ca: 'ca.pem', server_name: 'otlp.example.com' })).toContain(
    'it wants a client certificate that it trusts: set tls.certificate and tls.key',
  );
});
