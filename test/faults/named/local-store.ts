import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Verdict } from '@tailrace/testkit';
import { randomOf } from '../random.ts';
import { hasFailed, type PlayedCase } from '../result.ts';
import type { Shared } from '../stage.ts';
import { environment } from '../stage-files.ts';
import { type Subject, subjectOf, until } from '../subject.ts';

/** How a local store is put to the test. */
export interface StoreKills {
  readonly times: number;
  readonly queue: 'memory' | 'disk';
  /** The store is so small that the oldest events are deleted all the time. */
  readonly full: boolean;
}

/** Lines that are written in each life, and the random bytes in a line. */
const PLAIN = { lines: 1500, bytes: 60 };
const FULL = { lines: 9000, bytes: 750 };
const MAX_BYTES = 32 * 1024 ** 2;
const MOST_LIFE_MS = 800;
const SETTLE_MS = 120_000;

/** A file is written and followed into a local store while the runner is killed with `kill -9`; then each line must be there once. */
export async function storeKilled(name: string, shared: Omit<Shared, 'node'>, kills: StoreKills): Promise<PlayedCase> {
  const started = performance.now();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'store-case-')));
  await writeFile(join(folder, 'pipeline.json'), JSON.stringify(pipelineOf(kills)));
  await writeFile(
    join(folder, 'fields.yaml'),
    'version: 1\nfields:\n  id: { type: long, description: Counts the lines. }\n',
  );
  await writeFile(join(folder, 'in.log'), '');
  const run = [...shared.command, 'run', join(folder, 'pipeline.json')];
  const subject = subjectOf({ command: run, folder, env: environment() });
  const random = randomOf(name + (shared.seed ?? ''));
  try {
    const problems: string[] = [];
    let issued = 0;
    for (let life = 0; life < kills.times; life++) {
      if (!(await subject.start())) break;
      const writing = writeLines(folder, issued, kills);
      await sleep(random() * MOST_LIFE_MS);
      await subject.kill();
      issued = await writing;
    }
    await subject.start();
    issued = await writeLines(folder, issued, kills);
    const ask = (sql: string) => query(shared.command, folder, sql);
    const isThere = async () => (await ask('SELECT max(id) FROM logs'))[0] === issued - 1;
    if (!(await until(SETTLE_MS, isThere, 500))) problems.push('the last line never came');
    await endWell(subject, problems);
    // What would be stored twice by a restart is stored twice now.
    await subject.start();
    await endWell(subject, problems);
    const verdict = await verdictOf(ask, issued, kills.full, problems);
    const seconds = (performance.now() - started) / 1000;
    const result = { name, verdict, failedRestarts: subject.failedRestarts, problems, seconds };
    const said = subject.said();
    if (/please report this|store_damaged|lineage_lost/.test(said))
      problems.push('the subject says what it should not');
    return { ...result, said: hasFailed({ ...result, said }) ? said : '' };
  } finally {
    await subject.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function pipelineOf({ queue, full }: StoreKills): object {
  return {
    data_dir: 'data',
    metrics: { address: '127.0.0.1:0' },
    sources: {
      in: { type: 'file', include: ['in.log'], format: 'ndjson', read_from: 'beginning', scan_interval: '50ms' },
    },
    sinks: {
      store: {
        ...{ type: 'local', inputs: ['in'], fields: ['fields.yaml'], queue: { type: queue }, page: { enabled: false } },
        ...(full && { retention: { max_bytes: MAX_BYTES } }),
      },
    },
  };
}

async function writeLines(folder: string, from: number, { full }: StoreKills): Promise<number> {
  const { lines, bytes } = full ? FULL : PLAIN;
  const chunk = lines / 30;
  for (let at = from; at < from + lines; at += chunk) {
    const texts = Array.from({ length: chunk }, (_, k) => {
      return `${JSON.stringify({ id: at + k, text: randomBytes(bytes).toString('base64') })}\n`;
    });
    await appendFile(join(folder, 'in.log'), texts.join(''));
    await sleep(MOST_LIFE_MS / 40);
  }
  return from + lines;
}

async function endWell(subject: Subject, problems: string[]): Promise<void> {
  const code = await subject.stop();
  if (code !== 0) problems.push(`it ended with ${code}`);
}

/** The one row that a statement gives. */
async function query([program, ...rest]: readonly string[], folder: string, sql: string): Promise<unknown[]> {
  const arguments_ = [...rest, 'query', '--store', join(folder, 'data/store.duckdb'), '--format', 'json', sql];
  const { stdout } = await promisify(execFile)(program!, arguments_, { env: environment() }).catch(
    // There is no store yet, or it is being opened.
    () => ({ stdout: '{"rows":[[]]}' }),
  );
  return (JSON.parse(stdout) as { rows: unknown[][] }).rows[0] ?? [];
}

async function verdictOf(
  ask: (sql: string) => Promise<unknown[]>,
  issued: number,
  full: boolean,
  problems: string[],
): Promise<Verdict> {
  const row = await ask(`SELECT count(*), count(DISTINCT id), min(id), max(id),
count(*) FILTER (id IS NULL OR id < 0 OR id >= ${issued} OR CAST(_text ->> '$.id' AS BIGINT) <> id) FROM logs`);
  const [rows = 0, distinct = 0, first = 0, last = 0, invented = 0] = row.map(Number);
  if (full && first === 0) problems.push('the store was never full');
  // Of a full store what was deleted is the oldest.
  const expected = full ? issued - first : issued;
  return {
    ...{ issued, lost: expected - distinct, unreachable: 0, duplicated: rows - distinct, invented },
    ...{ deadLetters: 0, misplaced: 0, examples: [`ids from ${first} to ${last}`] },
  };
}
