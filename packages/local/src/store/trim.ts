import type { DuckDBConnection } from '@duckdb/node-api';

/** How much a store may hold. */
export interface Bounds {
  /** Milliseconds; what is older by its own time goes, at the latest after {@link periodOf} more. */
  readonly maxAge: number;
  /** Of the file and its write-ahead log. */
  readonly maxBytes: number;
}

/** What one step did. */
export interface Trimmed {
  /** Events that were deleted, because of the size where nothing else made it necessary. */
  readonly events: number;
  readonly reason: 'age' | 'size';
  /** There is more to delete. */
  readonly more: boolean;
}

const MIB = 1024 ** 2;
/** In one step, so that delivery waits for some tenths of a second at most. */
const MOST_EVENTS = 1_000_000;

/** Milliseconds between two looks at the age, a hundredth of `maxAge` in most cases: deleting a few events at a time would cost too much. */
export function periodOf({ maxAge }: Bounds): number {
  return Math.min(600_000, Math.max(1000, maxAge / 100));
}

/**
 * How long the write-ahead log may become before its content is written to its place, in bytes. Each checkpoint writes the last row group
 * anew, so fewer cost less; a small store has no room for a long log.
 */
export function logBytes({ maxBytes }: Bounds): number {
  return Math.min(64 * MIB, maxBytes / (maxBytes < 512 * MIB ? 32 : 16));
}

/**
 * Bytes in use above which the oldest is deleted, down to nine tenths of it. A checkpoint writes the row groups that it changes to a new
 * place before it gives up the old one; a small store is hardly more than one row group, so it has to have room for all of it twice.
 */
function fullAt({ maxBytes }: Bounds): number {
  return maxBytes - Math.min(0.6 * maxBytes, Math.max(0.4 * maxBytes, 128 * MIB));
}
const LEFT = 0.88;

/** Bytes of blocks in use, without the write-ahead log. */
const USED_BYTES =
  'SELECT CAST(used_blocks * block_size AS DOUBLE) FROM pragma_database_size() WHERE database_name = current_database()';

const TIMES = [
  ['logs', '"@timestamp"'],
  ['metrics', 'time'],
  ['traces', 'time'],
] as const;
const ALL_TIMES = TIMES.map(([table, time]) => `SELECT epoch_us(${time}) AS t FROM ${table}`).join(' UNION ALL ');

/** The time of the oldest event of all signals, in microseconds since 1970. */
export const OLDEST = `SELECT CAST(min(t) AS DOUBLE) FROM (${ALL_TIMES})`;

/**
 * Writes the write-ahead log's content to its place, and deletes the oldest events that are too many or too old, over all signals, and what is
 * known of streams that have none left. Nothing that stays is older than what goes. Space is given back only while nobody reads.
 */
export async function trim(connection: DuckDBConnection, bounds: Bounds, nowMs: number): Promise<Trimmed> {
  await connection.run('CHECKPOINT');
  const used = await single(connection, USED_BYTES);
  const [total, oldest] = await totals(connection);
  const full = fullAt(bounds);
  const excess = used > full ? 1 - (LEFT * full) / used : 0;
  const tooOld = (nowMs - bounds.maxAge) * 1000;
  const isOld = oldest < tooOld - periodOf(bounds) * 1000;
  if (total === 0 || (excess === 0 && !isOld)) return { events: 0, reason: 'age', more: false };
  const most = Math.min(1, MOST_EVENTS / total);
  const aged = !isOld ? NEVER : most < 1 ? Math.min(tooOld, await timeOfShare(connection, most)) : tooOld;
  const crowded = excess > 0 ? await timeOfShare(connection, Math.min(excess, most)) : NEVER;
  let events = await deleteBefore(connection, Math.max(aged, crowded));
  if (events === 0 && excess > 0) {
    events = await deleteAt(connection, oldest, Math.ceil(Math.min(excess, most) * total));
  }
  await connection.run('CHECKPOINT');
  const more = events > 0 && ((isOld && aged < tooOld) || excess > most);
  return { events, reason: crowded > aged ? 'size' : 'age', more };
}

/** Before all times. */
const NEVER = Number.NEGATIVE_INFINITY;

/** How many events there are, and the time of the oldest in microseconds. */
async function totals(connection: DuckDBConnection): Promise<[number, number]> {
  const sql = `SELECT CAST(count(*) AS DOUBLE), CAST(coalesce(min(t), 0) AS DOUBLE) FROM (${ALL_TIMES})`;
  return (await connection.runAndReadAll(sql)).getRowsJS()[0] as [number, number];
}

/** The time below which that share of all events lies, about. */
async function timeOfShare(connection: DuckDBConnection, share: number): Promise<number> {
  return await single(connection, `SELECT CAST(approx_quantile(t, ${share}) AS DOUBLE) FROM (${ALL_TIMES})`);
}

async function deleteBefore(connection: DuckDBConnection, micros: number): Promise<number> {
  const before = `make_timestamp(CAST(${Math.floor(micros)} AS BIGINT))`;
  return await deleteWhere(connection, (time) => `${time} < ${before}`);
}

/** Of events of one time, those that came first. */
async function deleteAt(connection: DuckDBConnection, micros: number, events: number): Promise<number> {
  const at = `make_timestamp(CAST(${Math.floor(micros)} AS BIGINT))`;
  return await deleteWhere(
    connection,
    (time, table) => `rowid IN (SELECT rowid FROM ${table} WHERE ${time} = ${at} ORDER BY rowid LIMIT ${events})`,
  );
}

async function deleteWhere(
  connection: DuckDBConnection,
  condition: (time: string, table: string) => string,
): Promise<number> {
  await connection.run('BEGIN TRANSACTION');
  try {
    let events = 0;
    for (const [table, time] of TIMES) {
      const { rowsChanged } = await connection.run(`DELETE FROM ${table} WHERE ${condition(time, table)}`);
      events += rowsChanged;
    }
    if (events > 0) await forgetStreams(connection);
    await connection.run('COMMIT');
    return events;
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Streams without an event left take their ranges with them: what of them came again would not be there twice. */
async function forgetStreams(connection: DuckDBConnection): Promise<void> {
  const living = TIMES.map(([table]) => `SELECT DISTINCT _stream FROM ${table}`).join(' UNION ');
  await connection.run(`DELETE FROM streams WHERE number NOT IN (${living})`);
  await connection.run('DELETE FROM held WHERE stream NOT IN (SELECT number FROM streams)');
}

async function single(connection: DuckDBConnection, sql: string): Promise<number> {
  const answer = await connection.runAndReadAll(sql);
  return Number(answer.getRowsJS()[0]?.[0] ?? 0);
}
