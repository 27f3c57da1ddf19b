import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Batch,
  type CheckpointStore,
  type Outcome,
  resolveConfig,
  type SourceDeclaration,
  type SourceIo,
} from '@tailrace/core';
import { memoryCheckpoints, sourceContext } from '../harness.ts';
import { type ContractOptions, chosenConfig, declarationContract } from './declaration.ts';
import { inFolder, type TestHooks, withPatience } from './hooks.ts';

/** What a source's suite may be told. */
export interface SourceContractOptions extends ContractOptions {
  /** Makes an input that ends, and gives the options that lead to it; without it the source is created, never run. */
  readonly input?: (folder: string) => Promise<SourceInput>;
  /** True: what was not delivered is read again after a restart, under the same ids, and what was is not. */
  readonly resumes?: boolean;
}

/** The input of a source under test. */
export interface SourceInput {
  /** Options beside `config` of the suite. */
  readonly config: object;
  /** How many events there are to read, at least; 1 unless set. */
  readonly events?: number;
  /** Feeds a source that others send to: called once it is ready; the source is told to stop when all events have come. */
  feed?(): Promise<void>;
  stop?(): Promise<void>;
}

/** What a run of a source came to. */
interface SourceResult {
  readonly ids: readonly string[];
  /** Most calls of `emit` for one stream that waited at the same time. */
  readonly together: number;
  readonly faults: readonly string[];
}

interface RunOptions {
  readonly once: boolean;
  readonly checkpoints: CheckpointStore;
  readonly outcome: Outcome;
  /** Holds the first batch back until the source has had time to go on without its leave. */
  readonly hold?: boolean;
}

/**
 * The contract of a source, as tests: it becomes ready, its events have ids of their own and positions that rise, it waits while a batch is
 * not taken, it ends when it is told to and emits nothing afterwards, and reads again what was not delivered.
 */
export function sourceContract(
  hooks: TestHooks,
  declaration: SourceDeclaration,
  options: SourceContractOptions = {},
): void {
  hooks.describe(`the contract of the source ${declaration.type}`, () => {
    declarationContract(hooks, declaration, options);
    if (options.input) running(hooks, declaration, options, options.input);
  });
}

function running(
  { test }: TestHooks,
  declaration: SourceDeclaration,
  options: SourceContractOptions,
  input: NonNullable<SourceContractOptions['input']>,
): void {
  const { files } = chosenConfig(declaration, options);
  const withInput = (
    body: (run: (how: Partial<RunOptions>) => Promise<SourceResult>, events: number) => Promise<void>,
  ) =>
    inFolder(files, async (folder) => {
      const made = await input(folder);
      const byDefault: RunOptions = {
        once: made.feed === undefined,
        checkpoints: memoryCheckpoints(),
        outcome: 'delivered',
      };
      try {
        await body((how) => runSource(declaration, options, folder, made, { ...byDefault, ...how }), made.events ?? 1);
      } finally {
        await made.stop?.();
      }
    });

  test('it becomes ready, reads all there is, and each event has an id and a position of its own', () =>
    withInput(async (run, events) => {
      const { ids, faults } = await run({});
      assert.deepEqual(faults, []);
      assert.ok(ids.length >= events, `${ids.length} events came, ${events} are there`);
      assert.deepEqual(
        ids.filter((id, i) => ids.indexOf(id) !== i),
        [],
        'ids that two events have',
      );
    }));

  test('it waits while a batch is not taken', () =>
    withInput(async (run) => {
      const { together, faults } = await run({ hold: true });
      assert.deepEqual(faults, []);
      assert.equal(together, 1, 'batches of one stream that were emitted without waiting for the one before');
    }));

  test('it ends when it is told to, and emits nothing afterwards', () =>
    withInput(async (run) => {
      const { faults } = await run({ once: false });
      assert.deepEqual(faults, []);
    }));

  if (!options.resumes) return;
  test('what was not delivered comes again under the same ids, and what was does not', () =>
    withInput(async (run, events) => {
      const checkpoints = memoryCheckpoints();
      const failed = await run({ checkpoints, outcome: 'errored' });
      assert.ok(failed.ids.length > 0, 'no event came');
      const again = await run({ checkpoints: resumed(checkpoints) });
      assert.ok(again.ids.length >= events, `${again.ids.length} events came, ${events} are there`);
      const lost = failed.ids.filter((id) => !again.ids.includes(id));
      assert.deepEqual(lost, [], 'ids that were not delivered and did not come again');
      const after = await run({ checkpoints: resumed(checkpoints) });
      assert.deepEqual(after.ids, []);
    }));
}

/** The same state as a process finds it that starts anew. */
function resumed(checkpoints: CheckpointStore): CheckpointStore {
  return { ...checkpoints, resumed: true };
}

/** Runs a source until it ends, or has given what there is and is told to stop. */
async function runSource(
  declaration: SourceDeclaration,
  options: SourceContractOptions,
  folder: string,
  input: SourceInput,
  how: RunOptions,
): Promise<SourceResult> {
  const config = { ...options.config, ...input.config };
  // Apart from the input: a source of files leaves the pipeline's own out.
  const dataDir = path.join(folder, '.tailrace');
  await mkdir(dataDir, { recursive: true });
  const source = await declaration.create({
    config: resolveConfig(declaration.config, config),
    context: { ...sourceContext(folder).context, dataDir },
  });
  const watched = watchedIo(how, input.events ?? 1);
  const run = source.run(watched.io).then(() => watched.end());
  const first = await withPatience('ready() was not called', Promise.race([watched.ready, run.then(() => 'ended')]));
  if (first === 'ended' && !watched.isReady()) watched.faults.push('it ended without having called ready()');
  await input.feed?.();
  if (!how.once) {
    await withPatience('not all events came', Promise.race([watched.complete, run]));
    watched.abort();
  }
  await withPatience('run() did not end', run);
  return { ids: watched.ids, together: watched.together(), faults: watched.faults };
}

/** The runner's side, which notes what the source does wrong. */
function watchedIo(how: RunOptions, events: number) {
  const abort = new AbortController();
  const ready = Promise.withResolvers<void>();
  const complete = Promise.withResolvers<void>();
  const ids: string[] = [];
  const faults: string[] = [];
  const last = new Map<string, Batch>();
  const waiting = new Map<string, number>();
  let together = 0;
  let isReady = false;
  let hasEnded = false;
  const io: SourceIo = {
    signal: abort.signal,
    checkpoints: how.checkpoints,
    once: how.once,
    reads: () => true,
    ready() {
      isReady = true;
      ready.resolve();
    },
    async emit(batch, { bytes }) {
      if (abort.signal.aborted) faults.push('it emitted after its signal');
      if (hasEnded) faults.push('it emitted after it had ended');
      if (!(bytes >= 0)) faults.push(`it said that the batch was ${bytes} bytes`);
      const stream = batch.length > 0 ? batch.position(0).stream.id : '';
      const count = (waiting.get(stream) ?? 0) + 1;
      waiting.set(stream, count);
      together = Math.max(together, count);
      for (let i = 0; i < batch.length; i++) ids.push(batch.id(i));
      faults.push(...positionFaults(batch, last));
      // Long enough for a source that does not wait; one that does is not hurried by a slow machine.
      if (how.hold) await sleep(50);
      else await Promise.resolve();
      waiting.set(stream, waiting.get(stream)! - 1);
      if (ids.length >= events) complete.resolve();
      return { settled: Promise.resolve(how.outcome) };
    },
  };
  return {
    io,
    ids,
    faults,
    ready: ready.promise,
    complete: complete.promise,
    isReady: () => isReady,
    together: () => together,
    abort: () => abort.abort(),
    end() {
      hasEnded = true;
    },
  };
}

/** Positions rise within a stream, from batch to batch too. */
function positionFaults(batch: Batch, last: Map<string, Batch>): string[] {
  const faults: string[] = [];
  for (let i = 0; i < batch.length; i++) {
    const { stream, offset, end, sub } = batch.position(i);
    if (stream.id.length !== 16) faults.push(`the id of a stream has 16 characters, not "${stream.id}"`);
    if (!(end >= offset)) faults.push(`event ${batch.id(i)} ends before it begins`);
    const earlier = last.get(stream.id);
    const before = earlier?.position(earlier.length - 1);
    last.set(stream.id, batch.select([i]));
    if (!before || offset > before.offset || (offset === before.offset && sub > before.sub)) continue;
    faults.push(`event ${batch.id(i)} comes after one of the offset ${before.offset}`);
  }
  return faults;
}
