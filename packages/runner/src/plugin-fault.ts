import { fileURLToPath } from 'node:url';
import type { Batch } from '@tailrace/core';

/** What a plugin threw: the message, with its innermost place in a module that a pipeline names, such as `/etc/mask.ts:12:7: no card`. */
export function thrownText(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  // Modules that a pipeline names are loaded with a query of the loader's, those of this program are not.
  const place = /(file:\/\/\/[^\s()?]+)\?tailrace=[\w-]+:(\d+):(\d+)/.exec(error.stack ?? '');
  return place ? `${fileURLToPath(place[1]!)}:${place[2]}:${place[3]}: ${error.message}` : error.message;
}

/** The batches that a transform returned: one, or a list; throws with what it is, where it is something else. */
export function batchesOf(made: unknown): Batch[] {
  const list = Array.isArray(made) ? (made as unknown[]) : [made];
  for (const one of list) if (!isBatch(one)) throw new Error(`the transform returned ${kindOf(one)}, not a batch`);
  return list as Batch[];
}

function isBatch(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'fork' in value && 'lineage' in value;
}

function kindOf(value: unknown): string {
  if (!(value instanceof Promise)) return value === null ? 'null' : typeof value;
  // What it throws later is of no use to anybody any more, and would end the process.
  value.catch(() => undefined);
  return 'a promise (it must not be async)';
}
