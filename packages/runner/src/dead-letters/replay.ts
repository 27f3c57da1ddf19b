import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, type Signal, signalsOf } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig } from '../component.ts';
import { endLines } from '../durable-lines.ts';
import { type RunOptions, runPipeline } from '../run.ts';
import { lockDataDir } from '../state/lock.ts';
import type { RunSummary } from '../summary.ts';
import { fileLimitOf, type LetterFile, letterLimits, listLetterFiles, setAside } from './letter-files.ts';
import type { StoredLetter } from './parse-letter.ts';
import { type LetterLine, readLetters } from './read-letters.ts';
import { replayGraph } from './replay-graph.ts';
import { type ReplayFile, type ReplayJob, replaySource } from './replay-source.ts';
import { keyOf, openReplayed, type Replayed } from './replayed.ts';
import { type LetterFilter, letterFileOf, letterFilter } from './stored-letters.ts';

/** How to replay dead letters. */
export interface ReplayOptions extends Pick<RunOptions, 'stop' | 'log' | 'version' | 'env'> {
  /** Which letters; all unless told otherwise. */
  readonly filter: LetterFilter;
  /** Id of the component that they enter at; unset: each at the one that refused it. */
  readonly into?: string | undefined;
  /** Files of letters, absolute, instead of the pipeline's own. */
  readonly from?: readonly string[] | undefined;
  /** Keep files of the pipeline's own of which every letter was replayed; those of `from` are always kept. */
  readonly keep: boolean;
  /** Hears of each line that is no letter. */
  onDamage(line: LetterLine): void;
}

/** What a replay did. */
export interface ReplaySummary {
  /** Letters that were chosen. */
  readonly letters: number;
  /** Of those, how many came to their end: delivered, discarded by a rule, or refused anew. */
  readonly settled: number;
  readonly damaged: number;
  /** Files that were removed because nothing is left in them. */
  readonly removed: readonly string[];
  /** `null` when there was nothing to replay. */
  readonly run: RunSummary | null;
}

/** A replay that cannot be done as it was asked for. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/** Letters that enter at a component. */
interface Entry {
  readonly letters: number;
  readonly signals: ReadonlySet<Signal>;
}

/** What is known about the letters before the pipeline runs. */
interface Found {
  readonly files: ReplayFile[];
  readonly letters: number;
  readonly damaged: number;
  /** How many letters enter at each component, and of which signals. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly progress: Replayed;
  /** Files that were removed, and those that will be. */
  readonly removed: string[];
}

/**
 * Sends dead letters through a pipeline once more, in the real engine and to its end. Which ones came to their end is kept on the disk:
 * after a kill the next replay goes on. Rejects with a {@link ReplayError} when they have nowhere to enter, and like
 * {@link runPipeline} when a pipeline runs with this data_dir.
 */
export async function replayLetters(config: PipelineConfig, options: ReplayOptions): Promise<ReplaySummary> {
  const chosen = letterFilter(options.filter);
  const entryOf = (letter: StoredLetter): string | undefined =>
    chosen(letter) ? (options.into ?? letter.component) : undefined;
  const found = await survey(config, options, entryOf);
  const { letters, damaged, entries, progress, removed } = found;
  checkEntries(config, entries);
  if (letters === 0) return { letters, settled: 0, damaged, removed, run: null };

  const counts = { settled: 0 };
  const job = replayJob(found, options, entryOf, (count) => {
    counts.settled += count;
  });
  const sourceOf = (id: string, entry: string) => replaySource(id, entry, job);
  const components = replayGraph(config.components.map(blocking), new Set(entries.keys()), sourceOf);
  try {
    const run = await runPipeline(
      { ...config, settings: replaySettings(config), components },
      { ...options, once: true, isPart: true },
    );
    return { letters, settled: counts.settled, damaged, removed, run };
  } finally {
    await progress.close();
  }
}

/** What the sources of a replay share; the last of them that ends removes what is empty, while the data_dir is still ours. */
function replayJob(
  { files, entries, progress, removed }: Found,
  options: ReplayOptions,
  entryOf: ReplayJob['entryOf'],
  count: (settled: number) => void,
): ReplayJob {
  let running = entries.size;
  return {
    files,
    entryOf,
    settled(file, places) {
      count(places.length);
      for (const [from, to] of places) file.done.add(from, to);
      progress.changed(file.key, file.bytes);
    },
    async ended() {
      if (--running > 0) return;
      removed.push(...(await removeDone(files, progress, options)));
      await progress.close();
    },
  };
}

/**
 * What is refused anew takes the place of a letter that is removed at the end: until then there are more than the limit allows. With
 * the limit, a replay would wait for the room that only it can make, or remove the files that it has yet to read.
 */
function replaySettings({ settings }: PipelineConfig): PipelineConfig['settings'] {
  const { dead_letters: letters, metrics } = settings;
  return {
    ...settings,
    metrics: { ...metrics, enabled: false },
    dead_letters: {
      ...letters,
      max_file_bytes: fileLimitOf(letterLimits(letters)),
      max_bytes: Number.MAX_SAFE_INTEGER,
    },
  };
}

/** Letters can wait where they are, so no queue has to drop them. */
function blocking(component: ComponentConfig): ComponentConfig {
  const { sink } = component;
  return sink ? { ...component, sink: { ...sink, queue: { ...sink.queue, when_full: 'block' } } } : component;
}

/**
 * The files to read. The one that the pipeline appends to is set aside first: what is refused anew goes to a new file, and what is read
 * does not change.
 */
async function filesOf(own: string, from: readonly string[] = [own]): Promise<LetterFile[]> {
  if (from.includes(own) && (await listLetterFiles(own)).at(-1)?.path === own) {
    await endLines(own);
    await setAside(own);
  }
  return (await Promise.all(from.map((file) => listLetterFiles(file)))).flat();
}

/** Looks at all letters, while nobody else has the data_dir. */
async function survey(config: PipelineConfig, options: ReplayOptions, entryOf: ReplayJob['entryOf']): Promise<Found> {
  const own = letterFileOf(config);
  for (const folder of [config.dataDir, dirname(own)]) await makeFolder(folder);
  const lock = await lockDataDir(config.dataDir);
  try {
    const progress = await openReplayed(own);
    const files: ReplayFile[] = [];
    for (const listed of await filesOf(own, options.from)) {
      const key = await keyOf(listed);
      files.push({ ...listed, key, done: progress.of(key) });
    }
    const counts = await countLetters(files, entryOf, options.onDamage);
    const removed = counts.letters === 0 ? await removeDone(files, progress, options) : [];
    if (counts.letters === 0) await progress.close();
    return { ...counts, files, progress, removed };
  } finally {
    await lock.release();
  }
}

async function countLetters(
  files: readonly ReplayFile[],
  entryOf: ReplayJob['entryOf'],
  onDamage: (line: LetterLine) => void,
): Promise<Pick<Found, 'letters' | 'damaged' | 'entries'>> {
  const entries = new Map<string, Entry>();
  let letters = 0;
  let damaged = 0;
  for (const { path, bytes, done } of files) {
    const skip = (from: number, to: number): boolean => done.has(from, to);
    for await (const line of readLetters(path, { end: bytes, skip })) {
      const { letter } = line.parsed;
      if (!letter) {
        damaged++;
        onDamage(line);
        continue;
      }
      const entry = entryOf(letter);
      if (entry === undefined) continue;
      letters++;
      const { letters: before = 0, signals = [] } = entries.get(entry) ?? {};
      entries.set(entry, { letters: before + 1, signals: new Set([...signals, letter.signal]) });
    }
  }
  return { letters, damaged, entries };
}

function checkEntries({ components }: PipelineConfig, entries: Found['entries']): void {
  const ids = components.map(({ id }) => id);
  const unknown = [...entries].filter(([id]) => !ids.includes(id));
  if (unknown.length === 0) {
    checkSignals(components, entries);
    return;
  }
  const what = unknown.map(([id, { letters }]) => `${letters} to "${id}"`).join(', ');
  throw new ReplayError(
    `letters have nowhere to enter (${what}): the pipeline has ${ids.join(', ')}. Choose one with --into, or choose letters with --component.`,
  );
}

function checkSignals(components: readonly ComponentConfig[], entries: Found['entries']): void {
  for (const { id, declaration } of components) {
    const takes = signalsOf(declaration.kind === 'source' ? declaration.output : declaration.input);
    const strange = [...(entries.get(id)?.signals ?? [])].filter((signal) => !takes.includes(signal));
    if (strange.length === 0) continue;
    throw new ReplayError(
      `letters hold ${strange.join(' and ')}, but "${id}" (${declaration.type}) takes ${takes.join(' and ')}`,
    );
  }
}

/** Removes files in which no letter and no damaged line is left; those that somebody named are not ours to remove. */
async function removeDone(
  files: readonly ReplayFile[],
  progress: Replayed,
  { keep, from }: ReplayOptions,
): Promise<string[]> {
  const removed: string[] = [];
  if (keep || from) return removed;
  for (const { path, bytes, key, done } of files) {
    if (!done.has(0, bytes)) continue;
    await unlink(path);
    progress.forget(key);
    removed.push(path);
  }
  return removed;
}
