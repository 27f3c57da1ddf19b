import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
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
} from '@tailrace/testkit';
import { type Arrivals, arrivalsOf, putTemplate } from './arrivals.ts';
import { randomOf } from './random.ts';
import { checkpointText, environment, type PipelineOptions, pipelineText } from './stage-files.ts';
import { type Subject, subjectOf, until } from './subject.ts';

/** What all cases of a run share. */
export interface Shared {
  node: ElasticsearchClient;
  /** The command without its arguments. */
  command: readonly string[];
  /** Draws other random moments. */
  seed?: string;
}

/** What is special about the stage of a case. */
export interface StageOptions extends PipelineOptions {
  name: string;
  /** Bytes of a disk of its own for `data_dir`. */
  diskBytes?: number;
  /** Further arguments of node, before the command. */
  nodeArguments?: readonly string[];
}

/** Everything a case plays with. */
export interface Stage extends Arrivals {
  readonly name: string;
  readonly folder: string;
  readonly ledger: FaultLedger;
  readonly logs: ContainerLog[];
  /** The logs to which the file event happened. */
  readonly struck: Set<ContainerLog>;
  /** What should have been done and could not: such a case shows nothing. */
  readonly missed: string[];
  readonly proxy: FaultProxy;
  readonly subject: Subject;
  readonly disk: FaultDisk | null;
  /** As this process reaches it. */
  readonly dataDir: string;
  /** In 0…1, the same for the same name and seed. */
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
  dispose(): Promise<void>;
}

/** Sets the stage: folders, a pipeline file, an index template, a proxy. The subject is not started. */
export async function newStage({ node, command, seed = '' }: Shared, options: StageOptions): Promise<Stage> {
  const { name, diskBytes } = options;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fault-case-')));
  const prefix = `faults-${name.replace(/[^a-z0-9]+/g, '-')}-${Date.now().toString(36)}`;
  const ledger = faultLedger(name);
  const proxy = await faultProxy({ target: node.url });
  const outer = join(folder, 'data');
  await mkdir(outer);
  const disk = diskBytes === undefined ? null : await faultDisk(outer, diskBytes);
  const dataDir = disk?.path ?? outer;
  await writeFile(join(folder, 'pipeline.yaml'), pipelineText(folder, proxy.url, prefix, options));
  await putTemplate(node, prefix);
  const [program, ...rest] = command;
  const started = [program!, ...(options.nodeArguments ?? []), ...rest, 'run', join(folder, 'pipeline.yaml')];
  const subject = subjectOf({ command: [...(disk?.enter ?? []), ...started], folder, env: environment() });
  const logs: ContainerLog[] = [];
  const random = randomOf(name + seed);
  return {
    name,
    folder,
    ledger,
    logs,
    struck: new Set(),
    missed: [],
    proxy,
    subject,
    disk,
    dataDir,
    prefix,
    random,
    ...arrivalsOf(node, prefix, dataDir, ledger),
    async addLog(about) {
      const log = await containerLog({ ledger, folder: join(folder, 'logs'), ...about });
      logs.push(log);
      return log;
    },
    async isSeen(log, timeoutMs = 5000) {
      const inode = `"inode":"${(await stat(log.file)).ino}"`;
      return await until(timeoutMs, async () => (await checkpointText(dataDir)).includes(inode));
    },
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
