import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ContainerLog,
  containerLog,
  type ElasticsearchClient,
  type FaultDisk,
  type FaultLedger,
  type FaultProxy,
  faultDisk,
  faultLedger,
  faultProxy,
  judge,
  readDelivered,
  type Verdict,
} from '@tailrace/testkit';
import { type Subject, subjectOf, until } from './subject.ts';

const BRISK = ['max_events: 200', 'max_wait: 100ms', 'request_timeout: 1s', 'retry: { initial: 50ms, max: 500ms }'];

/** Longer than any pause that the sink of the pipeline makes. */
const STANDSTILL_MS = 8000;

/** What all cases of a run share. */
export interface Shared {
  node: ElasticsearchClient;
  /** The command without its arguments. */
  command: readonly string[];
}

/** What is special about the stage of a case. */
export interface StageOptions {
  name: string;
  /** Members of the sink's `queue` in YAML. */
  queue?: string;
  /** Bytes of a disk of its own for `data_dir`. */
  diskBytes?: number;
  /** Further arguments of node, before the command. */
  nodeArguments?: readonly string[];
  /** The settings of the sink in YAML, one per line; default small requests, short pauses and time limits, with frequent scans, so that a case is short. */
  sink?: readonly string[];
  /** In place of the shared node. */
  target?: string;
}

/** Everything a case plays with. */
export interface Stage {
  readonly name: string;
  readonly folder: string;
  readonly ledger: FaultLedger;
  readonly logs: ContainerLog[];
  readonly proxy: FaultProxy;
  readonly subject: Subject;
  readonly disk: FaultDisk | null;
  /** As this process reaches it. */
  readonly dataDir: string;
  /** In 0…1, the same for the same name. */
  random(): number;
  /** Starts every index of the case. */
  readonly prefix: string;
  addLog(options: {
    name: string;
    format: 'docker' | 'cri';
    poisonEvery?: number;
    short?: boolean;
  }): Promise<ContainerLog>;
  /** Whether the subject remembers the file that the log is written to now; waits up to `timeoutMs`. */
  isSeen(log: ContainerLog, timeoutMs?: number): Promise<boolean>;
  /** Waits until nothing more is missing; `false` when that is still so after `timeoutMs`, or nothing has come for long. */
  allDelivered(timeoutMs: number): Promise<boolean>;
  /** Documents that are there now; 0 while the server cannot say. */
  delivered(): Promise<number>;
  verdict(): Promise<Verdict>;
  dispose(): Promise<void>;
}

/** Sets the stage: folders, a pipeline file, an index template, a proxy. The subject is not started. */
export async function newStage({ node, command }: Shared, options: StageOptions): Promise<Stage> {
  const { name, diskBytes } = options;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fault-case-')));
  const prefix = `faults-${name.replace(/[^a-z0-9]+/g, '-')}-${Date.now().toString(36)}`;
  const ledger = faultLedger(name);
  const proxy = await faultProxy({ target: options.target ?? node.url });
  const outer = join(folder, 'data');
  await mkdir(outer);
  const disk = diskBytes === undefined ? null : await faultDisk(outer, diskBytes);
  const dataDir = disk?.path ?? outer;
  await writeFile(join(folder, 'pipeline.yaml'), pipelineText(folder, proxy.url, prefix, options));
  await putTemplate(node, prefix);
  const [program, ...rest] = command;
  const subject = subjectOf({
    command: [
      ...(disk?.enter ?? []),
      program!,
      ...(options.nodeArguments ?? []),
      ...rest,
      'run',
      join(folder, 'pipeline.yaml'),
    ],
    folder,
    env: environment(),
  });
  const logs: ContainerLog[] = [];
  const random = randomOf(name);
  const verdict = async () => judge(ledger, await readDelivered(node, prefix), await letterIds(dataDir));
  return {
    name,
    folder,
    ledger,
    logs,
    proxy,
    subject,
    disk,
    dataDir,
    prefix,
    random,
    delivered: () => count(node, prefix),
    async addLog(about) {
      const log = await containerLog({ ledger, folder: join(folder, 'logs'), ...about });
      logs.push(log);
      return log;
    },
    async isSeen(log, timeoutMs = 5000) {
      const inode = `"inode":"${(await stat(log.file)).ino}"`;
      return await until(timeoutMs, async () => (await checkpointText(dataDir)).includes(inode));
    },
    async allDelivered(timeoutMs) {
      let most = 0;
      let grownAt = performance.now();
      let isComplete = false;
      await until(
        timeoutMs,
        async () => {
          const now = await count(node, prefix);
          if (now > most) grownAt = performance.now();
          most = Math.max(most, now);
          // Counting is cheap, reading all back is not: only when the count says that it may be worth it.
          isComplete = now >= wanted(ledger) && (await verdict()).lost === 0;
          return isComplete || performance.now() - grownAt > STANDSTILL_MS;
        },
        250,
      );
      return isComplete;
    },
    verdict,
    async dispose() {
      await subject.dispose();
      await proxy.stop();
      await disk?.remove();
      await rm(folder, { recursive: true, force: true });
      await node.request('DELETE', `${prefix}*`);
      await node.request('DELETE', `_index_template/${prefix}`);
    },
  };
}

function wanted({ issued, destroyed }: FaultLedger): number {
  let sum = 0;
  for (const [id, { copies, poison }] of issued) if (!poison && !destroyed.has(id)) sum += copies;
  return sum;
}

/** 0 while the server cannot say: it may be down, or an index just being made. */
async function count(node: ElasticsearchClient, prefix: string): Promise<number> {
  try {
    await node.request('POST', `${prefix}*/_refresh`);
    return (await node.request<{ count?: number }>('GET', `${prefix}*/_count`)).body.count ?? 0;
  } catch {
    return 0;
  }
}

async function checkpointText(dataDir: string): Promise<string> {
  return await readFile(join(dataDir, 'checkpoints.json'), 'utf8').catch(() => '');
}

/** The ids in the dead letters of a `data_dir`; a letter that is no JSON is a fault of its own. */
async function letterIds(dataDir: string): Promise<Set<string>> {
  const files = (await readdir(dataDir)).filter((file) => /^dead-letters.*\.ndjson$/.test(file));
  const ids = new Set<string>();
  for (const file of files) {
    const lines = (await readFile(join(dataDir, file), 'utf8')).split('\n').slice(0, -1);
    for (const line of lines) {
      const { event } = JSON.parse(line) as { event?: { id?: unknown } };
      if (typeof event?.id === 'string') ids.add(event.id);
    }
  }
  return ids;
}

async function putTemplate(node: ElasticsearchClient, prefix: string): Promise<void> {
  const properties = {
    id: { type: 'keyword' },
    n: { type: 'integer' },
    '@timestamp': { type: 'date_nanos' },
  };
  await node.json('PUT', `_index_template/${prefix}`, {
    index_patterns: [`${prefix}*`],
    template: {
      settings: { number_of_shards: 1, number_of_replicas: 0 },
      mappings: { dynamic: false, properties },
    },
  });
}

function pipelineText(folder: string, url: string, prefix: string, { queue, sink }: StageOptions): string {
  const isBrisk = sink === undefined;
  return `data_dir: ${join(folder, 'data')}
metrics: { address: "127.0.0.1:0" }
shutdown_timeout: 2s
sources:
  logs:
    type: file
    include: ["${join(folder, 'logs/containers')}/*.log"]
${isBrisk ? '    scan_interval: 200ms\n' : ''}transforms:
  record: { type: unpack, inputs: logs }
sinks:
  search:
    type: elasticsearch
    inputs: record
    nodes: ["${url}"]
    logstash_format: { prefix: ${prefix} }
    template: { enabled: false }
${[...(sink ?? BRISK), ...(queue ? [`queue: { ${queue} }`] : [])].map((line) => `    ${line}\n`).join('')}`;
}

/** What is set where this runs must not decide a case. */
function environment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...(Object.fromEntries(kept) as Record<string, string>), NODE_NAME: 'fault-node' };
}

/** Mulberry32 over a hash of the text. */
function randomOf(text: string): () => number {
  let state = 0;
  for (const byte of Buffer.from(text)) state = (Math.imul(state ^ byte, 0x9e3779b1) + 0x7f4a7c15) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
