import { BOOLEAN, DOUBLE, type DuckDBConnection, INTEGER, LIST, listValue, UINTEGER, VARCHAR } from '@duckdb/node-api';
import type { Position, Stream } from '@tailrace/core';
import { FLAG } from '@tailrace/kernel';
import type { Arrivals } from '../record-format.ts';
import { claim, holds, type Range, type Ranges } from './held-ranges.ts';
import type { PlacedRows } from './placed-rows.ts';
import { appendColumns } from './staging.ts';

/** Which events the store holds: the tables `streams` and `held`, and what is known of them here. */
export interface Ledger {
  /** Leaves out what is held, and claims the rest; {@link Ledger.write} has to follow in the same transaction, or {@link Ledger.forget}. */
  place(connection: DuckDBConnection, arrivals: Arrivals): Promise<PlacedRows>;
  /** Writes what was claimed. */
  write(connection: DuckDBConnection): Promise<void>;
  /** Forgets what is known here, after a transaction that failed or was not ours: it is read again. */
  forget(): void;
}

interface KnownStream {
  readonly number: number;
  /** Ranges that end before this offset are not known here. */
  readonly knownFrom: number;
  /** By sub-index. */
  readonly ranges: Map<number, Ranges>;
}

/** What has to be known of a stream: ranges from the lowest offset of a body on. */
interface Sought {
  readonly stream: Stream;
  least: number;
}

interface Claim {
  readonly stream: number;
  readonly sub: number;
  readonly range: Range;
  readonly isNew: boolean;
}

/** Above it, what is known of all streams is forgotten between two bodies: about 50 MB. */
const MOST_RANGES = 500_000;

/** A ledger over a store; `TEMPORARY` tables of {@link LEDGER_STAGING} have to be there. */
export function ledger(): Ledger {
  const known = new Map<string, KnownStream>();
  let rangeCount = 0;
  let nextNumber: number | null = null;
  let fresh: { number: number; stream: Stream }[] = [];
  let claims = new Map<Range, Claim>();

  const forget = (): void => {
    known.clear();
    rangeCount = 0;
    nextNumber = null;
    fresh = [];
    claims = new Map();
  };

  async function learn(connection: DuckDBConnection, sought: ReadonlyMap<string, Sought>): Promise<void> {
    if (rangeCount > MOST_RANGES) forget();
    const unknown = [...sought].filter(([id, { least }]) => !(least >= (known.get(id)?.knownFrom ?? Infinity)));
    if (unknown.length === 0) return;
    nextNumber ??= await firstFreeNumber(connection);
    for (const [id, found] of await readStreams(connection, unknown)) {
      rangeCount += countOf(found) - countOf(known.get(id));
      known.set(id, found);
    }
    for (const [id, { stream }] of unknown) {
      if (known.has(id)) continue;
      const number = nextNumber++;
      known.set(id, { number, knownFrom: -Infinity, ranges: new Map() });
      fresh.push({ number, stream });
    }
  }

  function claimed({ number, ranges }: KnownStream, sub: number, offset: number, to: number): boolean {
    let ofSub = ranges.get(sub);
    if (!ofSub) {
      ofSub = [];
      ranges.set(sub, ofSub);
    }
    if (holds(ofSub, offset)) return false;
    const { range, isNew } = claim(ofSub, offset, to);
    if (isNew) rangeCount++;
    if (!claims.has(range)) claims.set(range, { stream: number, sub, range, isNew });
    return true;
  }

  return {
    async place(connection, { length, positions, flags, micros, payloads }) {
      await learn(connection, soughtBy(positions));
      const rows = emptyRows();
      for (let i = 0; i < length; i++) {
        const { stream, offset, end, sub } = positions[i]!;
        const state = known.get(stream.id)!;
        if (!claimed(state, sub, offset, reach(offset, end, flags[i]!))) continue;
        rows.stream.push(state.number);
        rows.offset.push(offset);
        rows.end.push(end);
        rows.sub.push(sub);
        rows.micros.push(micros[i]!);
        rows.payloads.push(payloads[i]!);
      }
      return { ...rows, length: rows.offset.length };
    },
    async write(connection) {
      const streams = fresh;
      const ranges = [...claims.values()];
      fresh = [];
      claims = new Map();
      if (streams.length > 0) await writeStreams(connection, streams);
      if (ranges.length > 0) await writeClaims(connection, ranges);
    },
    forget,
  };
}

function soughtBy(positions: readonly Position[]): Map<string, Sought> {
  const sought = new Map<string, Sought>();
  for (const { stream, offset } of positions) {
    const one = sought.get(stream.id);
    if (!one) sought.set(stream.id, { stream, least: offset });
    else if (offset < one.least) one.least = offset;
  }
  return sought;
}

function countOf(stream: KnownStream | undefined): number {
  let count = 0;
  for (const ranges of stream?.ranges.values() ?? []) count += ranges.length;
  return count;
}

function emptyRows() {
  const payloads: Uint8Array[] = [];
  const numbers = (): number[] => [];
  return {
    stream: numbers(),
    offset: numbers(),
    end: numbers(),
    sub: numbers(),
    micros: numbers(),
    payloads,
    received: Date.now() * 1000,
  };
}

/** Lines of other events can begin inside one that was merged of several, so that one claims no more than its first byte. */
function reach(offset: number, end: number, flags: number): number {
  return (flags & FLAG.merged) !== 0 || end <= offset ? offset + 1 : end;
}

async function firstFreeNumber(connection: DuckDBConnection): Promise<number> {
  const answer = await connection.runAndReadAll('SELECT coalesce(max(number), 0) + 1 FROM streams');
  return Number(answer.getRowsJS()[0]![0]);
}

/** What the store knows of these streams. A range that ends where an event begins is extended by it, so it is read, too. */
async function readStreams(
  connection: DuckDBConnection,
  sought: readonly (readonly [string, Sought])[],
): Promise<Map<string, KnownStream>> {
  const answer = await connection.runAndReadAll(
    `SELECT id, number, least, sub, CAST("from" AS DOUBLE), CAST("to" AS DOUBLE)
FROM (SELECT unnest($1) AS wanted, unnest($2) AS least) JOIN streams ON id = wanted
LEFT JOIN held ON stream = number AND "to" >= CAST(least AS BIGINT) ORDER BY number, sub, "from"`,
    [listValue(sought.map(([id]) => id)), listValue(sought.map(([, { least }]) => least))],
    [LIST(VARCHAR), LIST(DOUBLE)],
  );
  const found = new Map<string, KnownStream>();
  for (const [id, number, knownFrom, sub, from, to] of answer.getRowsJS() as StreamRow[]) {
    const stream = found.get(id) ?? { number, knownFrom, ranges: new Map<number, Ranges>() };
    found.set(id, stream);
    if (sub === null) continue;
    const ranges = stream.ranges.get(sub) ?? [];
    stream.ranges.set(sub, ranges);
    ranges.push({ from, to });
  }
  return found;
}

type StreamRow = [id: string, number: number, least: number, sub: number | null, from: number, to: number];

async function writeStreams(
  connection: DuckDBConnection,
  streams: readonly { number: number; stream: Stream }[],
): Promise<void> {
  for (const { number, stream } of streams) {
    await connection.run('INSERT INTO streams VALUES ($1, $2, $3, $4, make_timestamp(CAST($5 AS BIGINT)))', [
      number,
      stream.id,
      stream.source,
      stream.label,
      stream.firstSeen * 1e6,
    ]);
  }
}

/** A table that lives as long as the connection. */
export const LEDGER_STAGING =
  'CREATE TEMPORARY TABLE staged_ranges (stream INTEGER, sub UINTEGER, "from" DOUBLE, "to" DOUBLE, is_new BOOLEAN)';
const STAGED_TYPES = [INTEGER, UINTEGER, DOUBLE, DOUBLE, BOOLEAN];

async function writeClaims(connection: DuckDBConnection, claims: readonly Claim[]): Promise<void> {
  await appendColumns(connection, 'staged_ranges', STAGED_TYPES, [
    claims.map(({ stream }) => stream),
    claims.map(({ sub }) => sub),
    claims.map(({ range }) => range.from),
    claims.map(({ range }) => range.to),
    claims.map(({ isNew }) => isNew),
  ]);
  if (claims.some(({ isNew }) => !isNew)) {
    await connection.run(`UPDATE held SET "to" = CAST(s."to" AS BIGINT) FROM staged_ranges s
WHERE NOT s.is_new AND held.stream = s.stream AND held.sub = s.sub AND held."from" = CAST(s."from" AS BIGINT)`);
  }
  if (claims.some(({ isNew }) => isNew)) {
    await connection.run(
      'INSERT INTO held SELECT stream, sub, CAST("from" AS BIGINT), CAST("to" AS BIGINT) FROM staged_ranges WHERE is_new',
    );
  }
  await connection.run('TRUNCATE staged_ranges');
}
