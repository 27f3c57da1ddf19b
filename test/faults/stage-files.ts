import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is special about the pipeline of a case. */
export interface PipelineOptions {
  /** Members of the sink's `queue` in YAML. */
  queue?: string;
  /** The settings of the sink in YAML, one per line; default small requests, short pauses and time limits, with frequent scans. */
  sink?: readonly string[];
}

const BRISK = ['max_events: 200', 'max_wait: 100ms', 'request_timeout: 1s', 'retry: { initial: 50ms, max: 500ms }'];

/** The checkpoints as they are on the disk; empty while there are none. */
export async function checkpointText(dataDir: string): Promise<string> {
  return await readFile(join(dataDir, 'checkpoints.json'), 'utf8').catch(() => '');
}

/** The ids in the dead letters of a `data_dir`; a letter that is no JSON is a fault of its own. */
export async function letterIds(dataDir: string): Promise<Set<string>> {
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

/** The pipeline of a case: container logs below `folder`, unpacked, into the server at `url`. */
export function pipelineText(folder: string, url: string, prefix: string, { queue, sink }: PipelineOptions): string {
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
export function environment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...(Object.fromEntries(kept) as Record<string, string>), NODE_NAME: 'fault-node' };
}
