import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mirrordLines } from '@tailrace/std';
import { parse } from 'yaml';

const shipped = fileURLToPath(new URL('../../pipelines/mirrord/local.yaml', import.meta.url));
const fields = ['fields.yaml', '../tailrace/fields.yaml'].map((name) =>
  fileURLToPath(new URL(name, new URL('../../pipelines/mirrord/', import.meta.url))),
);

/** The shipped pipeline at a given time: what is in the store is the same in every run. */
export interface FixedPast {
  /** ISO 8601; the past ends there. */
  readonly end: string;
  /** Seconds of the past. */
  readonly seconds: number;
}

interface Written {
  data_dir: string;
  sources: Record<string, Record<string, unknown>>;
  transforms: Record<string, { file?: string }>;
  sinks: Record<string, { fields: readonly string[]; page: { address: string } }>;
}

/** Writes the shipped pipeline into a folder, its past fixed and its page at that address; gives the file's path. */
export function writeFixedPipeline(folder: string, { end, seconds }: FixedPast, address: string): string {
  const pipeline = parse(readFileSync(shipped, 'utf8')) as Written;
  pipeline.data_dir = join(folder, 'data');
  for (const id of ['operator', 'operator_metrics']) {
    Object.assign(pipeline.sources[id]!, { start: end, backfill: `${seconds}s` });
  }
  pipeline.transforms['usage']!.file = fields[0]!;
  pipeline.transforms['health']!.file = fields[1]!;
  Object.assign(pipeline.sinks['store']!, { fields, page: { address } });
  const file = join(folder, 'local.yaml');
  writeFileSync(file, JSON.stringify(pipeline));
  return file;
}

/** The log that the operator of that pipeline has written by the end of its past, as Docker keeps it. */
export function fixedLog({ end, seconds }: FixedPast): Buffer {
  const { operator } = (parse(readFileSync(shipped, 'utf8')) as Written).sources;
  const start = new Date(Date.parse(end) - seconds * 1000).toISOString();
  const rate = Number(operator!['rate']);
  const options = { lines: Number.MAX_SAFE_INTEGER, seed: 1, rate, start, until: seconds };
  return Buffer.concat([...mirrordLines({ ...options, format: 'docker' })]);
}
