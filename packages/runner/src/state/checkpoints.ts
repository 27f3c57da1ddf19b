import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointStore } from '@tailrace/core';
import { writeAtomically } from './atomic-file.ts';

const FORMAT = 1;
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
 * `onFailure` hears of each failed write (it is tried again) and, with `null`, when writing works again.
 */
export async function openCheckpoints(dataDir: string, onFailure: (error: Error | null) => void): Promise<Checkpoints> {
  const file = join(dataDir, 'checkpoints.json');
  const components = await load(file);
  const resumed = new Set(components.keys());
  let writtenAt = Date.now();
  let changes = 0;
  let written = 0;
  let failing = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    const upTo = changes;
    try {
      await writeAtomically(file, print(components));
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
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch(() => changed());
    }, WRITE_EVERY_MS).unref();
  }

  return {
    of(component) {
      const values = components.get(component) ?? new Map<string, unknown>();
      components.set(component, values);
      return {
        resumed: resumed.has(component),
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
      clearTimeout(timer);
      await flush();
    },
  };
}

function print(components: ReadonlyMap<string, ReadonlyMap<string, unknown>>): string {
  const used = [...components].filter(([, values]) => values.size > 0);
  return `${JSON.stringify({ format: FORMAT, components: Object.fromEntries(used.map(([id, values]) => [id, Object.fromEntries(values)])) })}\n`;
}

async function load(file: string): Promise<Map<string, Map<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  let stored: { format?: unknown; components?: Record<string, Record<string, unknown>> };
  try {
    stored = JSON.parse(text) as typeof stored;
  } catch (error) {
    throw new StateError(
      `${file}: damaged (${(error as Error).message}). Restore it from a backup, or move it away to read all inputs anew.`,
    );
  }
  if (typeof stored.format !== 'number' || typeof stored.components !== 'object') {
    throw new StateError(`${file}: not a checkpoint file. Move it away, or choose another data_dir.`);
  }
  if (stored.format > FORMAT) {
    throw new StateError(
      `${file}: format ${stored.format} was written by a newer tailrace; this one reads up to ${FORMAT}. Use the newer one.`,
    );
  }
  return new Map(Object.entries(stored.components).map(([id, values]) => [id, new Map(Object.entries(values))]));
}
