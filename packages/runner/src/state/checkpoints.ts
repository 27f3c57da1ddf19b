import { join } from 'node:path';
import type { CheckpointStore } from '@tailrace/core';
import { diskFiles, type StateFs, writeAtomically } from './atomic-file.ts';

// 2: records of files tell their order in a log and whether they ended, which format 1 did not.
const FORMAT = 2;
/** Unasked, changes reach the disk within this time. */
const WRITE_EVERY_MS = 1000;

/** State that this version must not touch. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** The durable state of all components: one file, replaced as a whole, one fsync for all that changed. */
export interface Checkpoints {
  of(component: string): CheckpointStore;
  /** Unix milliseconds of the last successful write; of the start when there was none. */
  readonly writtenAt: number;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

/**
 * Opens `<dataDir>/checkpoints.json`. A damaged file is a {@link StateError}: starting over in silence would send everything again.
 * `onFailure` hears once of failing writes (they are tried again) and, with `null`, when writing works again.
 */
export async function openCheckpoints(
  dataDir: string,
  onFailure: (error: Error | null) => void,
  fs: StateFs = diskFiles,
): Promise<Checkpoints> {
  const file = join(dataDir, 'checkpoints.json');
  const components = await load(file, fs);
  const resumed = new Set(components.keys());
  let writtenAt = Date.now();
  let changes = 0;
  let written = 0;
  let failing = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function write(): Promise<void> {
    const upTo = changes;
    try {
      await writeAtomically(file, print(components), fs);
      written = upTo;
      writtenAt = Date.now();
      if (failing) onFailure(null);
      failing = false;
    } catch (error) {
      if (!failing) onFailure(error as Error);
      failing = true;
      throw error;
    }
  }
  /** Only one write at a time; a caller whose changes the running one may have missed waits for the next. */
  async function flush(): Promise<void> {
    const wanted = changes;
    while (written < wanted) {
      running ??= write().finally(() => {
        running = null;
      });
      await running;
    }
  }
  function changed(): void {
    changes++;
    schedule();
  }
  function schedule(): void {
    // After the end the folder may belong to another process.
    if (closed) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch(schedule);
    }, WRITE_EVERY_MS).unref();
  }

  return {
    of(component) {
      const values = components.get(component) ?? new Map<string, unknown>();
      components.set(component, values);
      const isResumed = resumed.has(component);
      // Whoever asks again, after a reload, resumes what the first one left.
      resumed.add(component);
      return {
        resumed: isResumed,
        get: (key) => values.get(key),
        entries: () => values.entries(),
        set(key, value) {
          values.set(key, value);
          changed();
        },
        delete(key) {
          if (values.delete(key)) changed();
        },
        flush,
      };
    },
    get writtenAt() {
      return writtenAt;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await flush();
    },
  };
}

function print(components: ReadonlyMap<string, ReadonlyMap<string, unknown>>): string {
  const used = [...components].filter(([, values]) => values.size > 0);
  return `${JSON.stringify({ format: FORMAT, components: Object.fromEntries(used.map(([id, values]) => [id, Object.fromEntries(values)])) })}\n`;
}

async function load(file: string, fs: StateFs): Promise<Map<string, Map<string, unknown>>> {
  let text: string;
  try {
    text = await fs.read(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (error) {
    throw new StateError(
      `${file}: damaged (${(error as Error).message}). Restore it from a backup, or move it away to read all inputs anew.`,
    );
  }
  if (!isObject(stored) || typeof stored['format'] !== 'number') {
    throw new StateError(`${file}: not a checkpoint file. Move it away, or choose another data_dir.`);
  }
  const { format, components } = stored;
  if (format > FORMAT) {
    throw new StateError(
      `${file}: format ${format} was written by a newer tailrace; this one reads up to ${FORMAT}. Use the newer one.`,
    );
  }
  const states = new Map<string, Map<string, unknown>>();
  for (const [id, values] of isObject(components) ? Object.entries(components) : [['', null] as const]) {
    if (!isObject(values))
      throw new StateError(`${file}: not a checkpoint file. Move it away, or choose another data_dir.`);
    states.set(id, new Map(Object.entries(values)));
  }
  return states;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
