import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MirrordAnswers, mirrordRun } from '@tailrace/std';
import { runTailrace } from '../support/tailrace.ts';

export const PIPELINE = fileURLToPath(new URL('../../pipelines/mirrord/elasticsearch.yaml', import.meta.url));

/** A node's log folder and data_dir of their own, and how to run the shipped pipeline over them. */
export interface Setting {
  readonly folder: string;
  readonly logs: string;
  readonly data: string;
  readonly env: Record<string, string>;
  /** The file that a container of the operator would have on this node. */
  logFile(container: string): string;
}

const folders: string[] = [];

/** Removes the folders of all settings. */
export async function removeSettings(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
}

export async function newSetting(url: string, prefix: string, more: Record<string, string> = {}): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), 'main-job-'));
  folders.push(folder);
  const logs = join(folder, 'logs');
  const data = join(folder, 'data');
  await mkdir(logs);
  const env = {
    LOG_DIR: logs,
    DATA_DIR: data,
    ELASTICSEARCH_URL: url,
    INDEX_PREFIX: prefix,
    NODE_NAME: 'node-a',
    METRICS_ADDRESS: '127.0.0.1:0',
    ...more,
  };
  return {
    folder,
    logs,
    data,
    env,
    logFile: (container) =>
      join(logs, `mirrord-operator-6d5f8c9b7-abcde_mirrord_mirrord-operator-${container.repeat(64).slice(0, 64)}.log`),
  };
}

/** Writes generated operator lines; the answers say what a correct pipeline finds in them. */
export async function writeLog(file: string, options: Parameters<typeof mirrordRun>[0]): Promise<MirrordAnswers> {
  const out = createWriteStream(file, { flags: 'a' });
  const run = mirrordRun(options);
  for (const chunk of run.chunks) if (!out.write(chunk)) await once(out, 'drain');
  out.end();
  await once(out, 'close');
  return run.answers();
}

/** Writes a pipeline that sends the folder's lines of NDJSON to the indices that they name by `index`; gives its path. */
export async function writeNdjsonPipeline({ folder, logs, data, env }: Setting): Promise<string> {
  const file = join(folder, 'pipeline.yaml');
  await writeFile(
    file,
    `data_dir: ${data}
metrics: { address: "127.0.0.1:0" }
sources: { in: { type: file, include: ["${logs}/*.log"], format: ndjson } }
sinks:
  out:
    type: elasticsearch
    inputs: in
    nodes: ["${env['ELASTICSEARCH_URL']}"]
    index: "${env['INDEX_PREFIX']}{{ index }}"
    template: { enabled: false }
    retry: { initial: 50ms, max: 200ms }
`,
  );
  return file;
}

/** Runs the shipped pipeline once over what is there; fails with all it said when it does not end well. */
export async function runOnce(
  setting: Setting,
  env: Record<string, string> = {},
  pipeline = PIPELINE,
): Promise<string> {
  const end = await runTailrace(['run', '--once', pipeline], { env: { ...setting.env, ...env }, keep: true });
  if (end.code !== 0) throw new Error(`tailrace ended with ${end.code}:\n${end.stdout}\n${end.stderr}`);
  return end.stderr;
}
