import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { root, startCommand } from './command.ts';
import { jsonLines } from './ndjson.ts';
import { type Figure, type Measurable, type Row, rowOf, type Timing } from './row.ts';
import { withFolder, writeChunks } from './texts.ts';

/** More would only take longer. */
const MOST_LINES = 500_000;
const fieldFile = join(root, 'pipelines/mirrord/fields.yaml');

/**
 * The operator's own JSON lines from a file into a local store. The reference is DuckDB's own reader of the same file into the same
 * columns, text and declared fields, in a process of its own; the store also keeps each event's position and when it came, and after a kill
 * it knows what it has.
 */
export const localRows: readonly Measurable[] = [
  {
    ...{ name: 'local-store', bound: 5 },
    // DuckDB may use 256 MiB of it.
    rssBound: 800,
    measure: (lines) => withFolder((folder) => measure(folder, lines)),
  },
];

/** What a percentile costs over a store of so many events. */
export const percentileTiming: Timing = {
  name: 'percentile',
  measure: () => withFolder(percentiles),
};

async function measure(folder: string, lines: number): Promise<Row> {
  const events = Math.min(lines, MOST_LINES);
  const log = join(folder, 'operator.log');
  await writeChunks(log, jsonLines(events));
  const usage = await (await startCommand(folder, await pipelineFile(folder), true, {})).usage();
  const stored = await ask(folder, 'SELECT count(*) FROM logs');
  if (stored !== events) throw new Error(`local-store: ${stored} events of ${events} are in the store`);
  return rowOf('local-store', events, usage, await readNdjson(folder, log, events));
}

async function pipelineFile(folder: string): Promise<string> {
  const file = join(folder, 'pipeline.json');
  const pipeline = {
    data_dir: join(folder, 'data'),
    metrics: { enabled: false },
    sources: { in: { type: 'file', include: [join(folder, '*.log')], format: 'ndjson' } },
    sinks: { out: { inputs: ['in'], type: 'local', fields: [fieldFile], page: { enabled: false } } },
  };
  await writeFile(file, JSON.stringify(pipeline));
  return file;
}

// ---- the reference ----------------------------------------------------------------------------------------------------

/** A declared field with its members. */
type Structure = Map<string, Structure | string>;

/** CPU µs per event. */
async function readNdjson(folder: string, log: string, events: number): Promise<number> {
  const { fields } = parse(await readFile(fieldFile, 'utf8')) as { fields: Record<string, { type: string }> };
  const structure: Structure = new Map();
  const select: string[] = [];
  for (const [path, { type }] of Object.entries(fields)) {
    const steps = path.startsWith('@') ? [path] : path.split('.');
    if (!put(structure, steps, COLUMN_TYPES[type] ?? 'VARCHAR')) continue;
    select.push(`${['event', ...steps].map((step) => `"${step}"`).join('.')} AS "${path}"`);
  }
  const script = join(root, 'bench/read-ndjson.ts');
  const store = join(folder, 'reference.duckdb');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    log,
    store,
    structureText(structure),
    select.join(', '),
  ]);
  const { cpuMicroseconds, rows } = JSON.parse(stdout) as { cpuMicroseconds: number; rows: number };
  if (rows !== events) throw new Error(`local-store: the reference has ${rows} events of ${events}`);
  return cpuMicroseconds / events;
}

const COLUMN_TYPES: Readonly<Record<string, string>> = {
  ...{ long: 'BIGINT', double: 'DOUBLE', boolean: 'BOOLEAN' },
  ...{ date: 'TIMESTAMP', date_nanos: 'TIMESTAMP', object: 'JSON', flattened: 'JSON' },
};

/** Whether there was room for it: an object whose members are declared cannot be read whole as well. */
function put(structure: Structure, steps: readonly string[], type: string): boolean {
  const [step, ...rest] = steps as [string, ...string[]];
  const present = structure.get(step);
  if (rest.length === 0) {
    if (present !== undefined) return false;
    structure.set(step, type);
    return true;
  }
  if (typeof present === 'string') return false;
  const inner: Structure = present ?? new Map();
  structure.set(step, inner);
  return put(inner, rest, type);
}

/** As `json_transform` wants it. */
function structureText(type: Structure | string): string {
  if (typeof type === 'string') return JSON.stringify(type);
  return `{${Array.from(type, ([name, inner]) => `${JSON.stringify(name)}:${structureText(inner)}`).join(',')}}`;
}

// ---- questions --------------------------------------------------------------------------------------------------------

async function percentiles(folder: string): Promise<Figure[]> {
  await writeChunks(join(folder, 'operator.log'), jsonLines(MOST_LINES));
  await (await startCommand(folder, await pipelineFile(folder), true, {})).usage();
  const times: number[] = [];
  for (let k = 0; k < 5; k++) times.push((await answer(folder, PERCENTILE)).milliseconds);
  times.sort((one, other) => one - other);
  return [{ what: 'p50, p95 and p99 by message over 500,000 events, the median of five', seconds: times[2]! / 1000 }];
}

const PERCENTILE = `SELECT "fields.message", count(*), quantile_cont("fields.session_duration", [0.5, 0.95, 0.99])
FROM logs GROUP BY ALL ORDER BY 2 DESC`;

interface Answer {
  readonly rows: readonly (readonly unknown[])[];
  readonly milliseconds: number;
}

async function answer(folder: string, sql: string): Promise<Answer> {
  const store = join(folder, 'data/store.duckdb');
  const command = [join(root, 'packages/cli/dist/main.js'), 'query', '--store', store, '--format', 'json', sql];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout) as Answer;
}

async function ask(folder: string, sql: string): Promise<number> {
  return Number((await answer(folder, sql)).rows[0]?.[0]);
}
