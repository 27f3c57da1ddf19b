import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningProcess } from './child-process.ts';
import { freePort } from './listen.ts';
import { startServerProcess } from './server-process.ts';

/** A signal of OTLP. */
export type OtlpSignal = 'logs' | 'metrics' | 'traces';

/** How a collector forwards: over which protocol of OTLP, and to whom. */
export interface CollectorForward {
  protocol: 'grpc' | 'http/protobuf' | 'http/json';
  /** `127.0.0.1:4317`, over HTTP `http://127.0.0.1:4318`. */
  endpoint: string;
}

/** How a collector is started; `program` is what the kit script installed. */
export interface CollectorOptions {
  program: string;
  /** Gives it a second receiver, whose requests are answered when `endpoint` has answered them. */
  forward?: CollectorForward;
}

/** Where a receiver listens. */
export interface OtlpAddresses {
  /** `127.0.0.1:PORT` */
  grpc: string;
  /** `http://127.0.0.1:PORT`, without a path. */
  http: string;
}

/** A running OpenTelemetry Collector. Nothing is queued in it: what a receiver has taken is written, or taken by the next one. */
export interface Collector {
  /** What comes here is written down. */
  receiver: OtlpAddresses;
  /** What comes here is forwarded. */
  forwarder: OtlpAddresses;
  /** The requests that were written down, as the collector prints them in OTLP's JSON: `{ resourceLogs: […] }`. */
  received(signal: OtlpSignal): Promise<Record<string, unknown>[]>;
  /** What it has said so far in its present life. */
  log(): string;
  /** SIGKILL; what was received stays. */
  kill(): Promise<void>;
  /** Ends it if it runs and starts it again on the same ports. */
  restart(): Promise<void>;
  /** Ends it and forgets what was received. */
  stop(): Promise<void>;
}

interface Ports {
  grpc: number;
  http: number;
}

const SIGNALS: readonly OtlpSignal[] = ['logs', 'metrics', 'traces'];

/** Starts a collector on free loopback ports, about a second; throws with its log when it does not come up. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const receiver: Ports = { grpc: await freePort(), http: await freePort() };
  const forwarder: Ports = { grpc: await freePort(), http: await freePort() };
  let lives = 0;
  const start = (folder?: string): Promise<RunningProcess> => {
    // A file for each life: the last request of a killed one may be half of one.
    const files = { 'config.yaml': configuration(options.forward, receiver, forwarder, lives), [`${lives}/.made`]: '' };
    lives += 1;
    const command: [string, ...string[]] = [options.program, '--config', 'config.yaml'];
    return startServerProcess({ command, files, ...(folder !== undefined && { folder }) });
  };
  const first = await start();
  let running = first;
  const ready = () =>
    running.line('Everything is ready').catch(async (error: unknown) => {
      await first.dispose();
      throw error;
    });
  await ready();
  return {
    receiver: addresses(receiver),
    forwarder: addresses(forwarder),
    received: (signal) => readRequests(first.folder, signal),
    log: () => running.stderr(),
    async kill() {
      await running.kill();
    },
    async restart() {
      running.signal('SIGTERM');
      await running.exit();
      running = await start(first.folder);
      await ready();
    },
    async stop() {
      await running.kill();
      await first.dispose();
    },
  };
}

function addresses({ grpc, http }: Ports): OtlpAddresses {
  return { grpc: `127.0.0.1:${grpc}`, http: `http://127.0.0.1:${http}` };
}

function configuration(forward: CollectorForward | undefined, receiver: Ports, forwarder: Ports, life: number): string {
  const exporters = Object.fromEntries(SIGNALS.map((signal) => [`file/${signal}`, fileExporter(life, signal)]));
  const pipelines = Object.fromEntries(
    SIGNALS.flatMap((signal) => [
      [signal, { receivers: ['otlp'], exporters: [`file/${signal}`] }],
      ...(forward ? [[`${signal}/forward`, { receivers: ['otlp/forward'], exporters: [exporterOf(forward)] }]] : []),
    ]),
  );
  return JSON.stringify({
    receivers: { otlp: otlpReceiver(receiver), ...(forward && { 'otlp/forward': otlpReceiver(forwarder) }) },
    exporters: { ...exporters, ...(forward && { [exporterOf(forward)]: otlpExporter(forward) }) },
    service: { pipelines },
  });
}

function otlpReceiver({ grpc, http }: Ports) {
  return {
    protocols: {
      grpc: { endpoint: `127.0.0.1:${grpc}`, max_recv_msg_size_mib: 64 },
      http: { endpoint: `127.0.0.1:${http}` },
    },
  };
}

/** With a rotation that never comes, for only then each body is written before it is answered, and not a second later. */
function fileExporter(life: number, signal: OtlpSignal) {
  return { path: `${life}/${signal}.ndjson`, format: 'json', rotation: { max_megabytes: 100_000 } };
}

function exporterOf({ protocol }: CollectorForward): string {
  return protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http';
}

function otlpExporter({ protocol, endpoint }: CollectorForward) {
  return {
    endpoint,
    sending_queue: { enabled: false },
    timeout: '30s',
    retry_on_failure: { initial_interval: '200ms', max_interval: '1s', max_elapsed_time: '120s' },
    ...(protocol === 'grpc' ? { tls: { insecure: true } } : { encoding: protocol === 'http/json' ? 'json' : 'proto' }),
  };
}

async function readRequests(folder: string, signal: OtlpSignal): Promise<Record<string, unknown>[]> {
  const lives = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(a) - Number(b));
  const texts = lives.map((life) => readFile(join(folder, life, `${signal}.ndjson`), 'utf8').catch(() => ''));
  // What stands behind the last newline is half of a request that was never answered.
  const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n').slice(0, -1));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
