import { setTimeout as sleep } from 'node:timers/promises';
import { type Collector, type CollectorForward, freePort, type OtlpSignal, startCollector } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';
import { feed } from './feeder.ts';
import { flatRecords } from './flat-records.ts';
import { knownRequests } from './known-data.ts';

const collector = await serverOrSkip('collector');

const SIGNALS: readonly OtlpSignal[] = ['logs', 'metrics', 'traces'];
const RECORDS = 10_000;
const known = Object.fromEntries(SIGNALS.map((signal) => [signal, knownRequests(signal, RECORDS)])) as Record<
  OtlpSignal,
  object[]
>;

type Protocol = CollectorForward['protocol'];

/** A collector whose exporters send to tailrace, which sends to the same collector's receiver, which writes it down. */
async function circle(protocol: Protocol) {
  const ports = { grpc: await freePort(), http: await freePort() };
  const endpoint = protocol === 'grpc' ? `127.0.0.1:${ports.grpc}` : `http://127.0.0.1:${ports.http}`;
  const server = await startCollector({ program: collector.program, forward: { protocol, endpoint } });
  onTestFinished(() => server.stop());
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: {
      in: {
        type: 'otlp',
        grpc: { address: `127.0.0.1:${ports.grpc}` },
        http: { address: `127.0.0.1:${ports.http}` },
        ack_timeout: '30s',
      },
    },
    sinks: {
      out: {
        type: 'otlp',
        inputs: 'in',
        protocol,
        endpoint: protocol === 'grpc' ? `http://${server.receiver.grpc}` : server.receiver.http,
        max_wait: '20ms',
        retry: { initial: '100ms', max: '500ms' },
      },
    },
  };
  const files = { 'pipeline.yaml': JSON.stringify(pipeline) };
  let tailrace = await startTailrace(['run', 'pipeline.yaml'], { files });
  const { folder } = tailrace;
  return {
    server,
    /** Kills it and starts it again where it was. */
    async killTailrace(): Promise<void> {
      await tailrace.kill();
      await sleep(300);
      tailrace = await startTailrace(['run', 'pipeline.yaml'], { folder });
    },
    async stop(): Promise<void> {
      tailrace.signal('SIGTERM');
      const end = await tailrace.exit();
      expect(end.code, end.stderr).toBe(0);
    },
  };
}

async function expectAllOnce(server: Collector): Promise<void> {
  for (const signal of SIGNALS) {
    const sent = flatRecords(signal, known[signal]).toSorted();
    const arrived = flatRecords(signal, await server.received(signal)).toSorted();
    expect(sent).toHaveLength(RECORDS);
    expectSame(signal, arrived, sent);
  }
}

/** Twice is allowed: who is cut off before the answer has to send again. */
async function expectNoneLost(server: Collector): Promise<void> {
  for (const signal of SIGNALS) {
    const sent = flatRecords(signal, known[signal]).toSorted();
    const arrived = [...new Set(flatRecords(signal, await server.received(signal)))].toSorted();
    expectSame(signal, arrived, sent);
  }
}

/** Shows the first difference instead of 10,000 records. */
function expectSame(signal: OtlpSignal, arrived: readonly string[], sent: readonly string[]): void {
  const i = sent.findIndex((record, k) => record !== arrived[k]);
  if (i >= 0) expect([signal, arrived[i]]).toEqual([signal, sent[i]]);
  expect([signal, arrived.length]).toEqual([signal, sent.length]);
}

test.skipIf(collector.skipped)('the known data are what a collector makes of them itself', async () => {
  const server = await startCollector({ program: collector.program });
  onTestFinished(() => server.stop());
  await Promise.all(SIGNALS.map((signal) => feed(server.receiver.http, signal, known[signal])));
  await expectAllOnce(server);
});

describe.skipIf(collector.skipped)(
  'a collector’s exporter, the otlp source, the otlp sink, a collector’s receiver',
  () => {
    test.each(['grpc', 'http/protobuf', 'http/json'] as const)(
      'carry 10,000 logs, points and spans over %s as they are, each once',
      async (protocol) => {
        const { server, stop } = await circle(protocol);
        await Promise.all(SIGNALS.map((signal) => feed(server.forwarder.http, signal, known[signal])));
        await stop();
        await expectAllOnce(server);
      },
      120_000,
    );

    test.each(['grpc', 'http/protobuf'] as const)(
      'lose nothing over %s when the collector and tailrace are killed on the way',
      async (protocol) => {
        const { server, killTailrace, stop } = await circle(protocol);
        const killAt = async (taken: number): Promise<void> => {
          if (taken === 30) {
            await server.kill();
            await sleep(300);
            await server.restart();
          }
          if (taken === 60) await killTailrace();
        };
        const fed = await Promise.all(
          SIGNALS.map((signal) => {
            const kill = signal === 'traces' ? killAt : undefined;
            return feed(server.forwarder.http, signal, known[signal], kill);
          }),
        );
        await stop();
        await expectNoneLost(server);
        // The kills came while requests were under way.
        expect(fed.reduce((sum, { repeats }) => sum + repeats, 0)).toBeGreaterThan(0);
      },
      120_000,
    );
  },
);

test.skipIf(collector.skipped).each(['grpc', 'http/protobuf'] as const)(
  'the lines of a file are all there over %s when the receiver is killed on the way',
  async (protocol) => {
    const server = await startCollector({ program: collector.program });
    onTestFinished(() => server.stop());
    const endpoint = protocol === 'grpc' ? `http://${server.receiver.grpc}` : server.receiver.http;
    const retry = { initial: '50ms', max: '200ms' };
    const pipeline = {
      data_dir: 'data',
      metrics: { enabled: false },
      sources: { lines: { type: 'file', include: ['in.log'], format: 'ndjson' } },
      // Many small requests: there is always one under way.
      sinks: { out: { type: 'otlp', inputs: 'lines', protocol, endpoint, max_events: 20, max_in_flight: 2, retry } },
    };
    const lines = Array.from({ length: RECORDS }, (_, n) => `{"message":"line ${n} of all"}\n`);
    const files = { 'pipeline.yaml': JSON.stringify(pipeline), 'in.log': lines.join('') };
    const arrived = async () =>
      flatRecords('logs', await server.received('logs')).map((record) => Number(/line (\d+) of all/.exec(record)?.[1]));
    const tailrace = await startTailrace(['run', '--once', 'pipeline.yaml'], { files });
    while ((await arrived()).length < RECORDS / 20) await sleep(10);
    await server.kill();
    const before = (await arrived()).length;
    await sleep(500);
    await server.restart();
    const end = await tailrace.exit(60_000);
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('in 10,000, out 10,000')]);
    expect(before).toBeLessThan(RECORDS);
    expect([...new Set(await arrived())].toSorted((a, b) => a - b)).toEqual(lines.map((_, n) => n));
  },
  90_000,
);
