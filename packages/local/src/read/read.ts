import { type DuckDBConnection, type DuckDBInstance, type DuckDBResult, StatementType } from '@duckdb/node-api';
import { collect, type Rows } from './collect.ts';
import { explain, ReadError } from './read-error.ts';
import { checkStatement } from './statement.ts';
import { createTurns, type Turns } from './turns.ts';

/** What a read may take. */
export interface ReadLimits {
  readonly rows: number;
  /** From the call on, waiting for a turn included. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
  /** Written by the product itself, values in it quoted: which functions it calls is not looked at. */
  readonly isOwn?: boolean;
}

/** What a statement gave. */
export interface ReadAnswer extends Rows {
  readonly milliseconds: number;
}

/** Statements that read one instance, few at a time. */
export interface Reads {
  /** Rejects with a {@link ReadError}. */
  read(sql: string, limits: ReadLimits): Promise<ReadAnswer>;
  /**
   * Lets no statement begin until what it gives is called; resolves when none is under way. Those that take longer than `patience`
   * milliseconds are broken off, all of them when `hurry` aborts.
   */
  pause(patience: number, hurry?: AbortSignal): Promise<() => void>;
  /** Breaks off what is under way and refuses what comes; resolves when no connection is left. */
  close(): Promise<void>;
}

/** Node's four threads do the waiting of each statement, of the sink's own and of all file reading: readers may have half of them. */
const AT_ONCE = 2;
/** Statements of users among them: one that never ends must not stop the page. */
const USERS_AT_ONCE = 1;
const WAITING = 100;
/** An interrupt before DuckDB has begun is forgotten by it, so it is said again. */
const INTERRUPT_AGAIN_MS = 20;

/** The door for all that reads an instance. */
export function createReads(instance: DuckDBInstance): Reads {
  const turns = createTurns(AT_ONCE, WAITING);
  const usersTurns = createTurns(USERS_AT_ONCE, WAITING);
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const atWork = new Set<Stopper>();
  return {
    async read(sql, limits) {
      const started = performance.now();
      const stop = stopper(limits, closing.signal);
      const readNow = (): Promise<Rows> => readInTurn(instance, turns, sql, limits, { stop, atWork });
      const reading = limits.isOwn ? readNow() : inTurn(usersTurns, stop.signal, readNow);
      underWay.add(reading);
      try {
        return { ...(await reading), milliseconds: Math.round(performance.now() - started) };
      } catch (error) {
        throw stop.signal.aborted ? stop.signal.reason : explain(error);
      } finally {
        underWay.delete(reading);
        stop.end();
      }
    },
    async pause(patience, hurry) {
      const breakOff = (): void => {
        for (const stop of atWork) stop.now(new ReadError('busy', MAKING_ROOM));
      };
      const timer = setTimeout(breakOff, patience);
      hurry?.addEventListener('abort', breakOff, { once: true });
      try {
        return await turns.pause();
      } finally {
        clearTimeout(timer);
        hurry?.removeEventListener('abort', breakOff);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
}

async function readInTurn(
  instance: DuckDBInstance,
  turns: Turns,
  sql: string,
  limits: ReadLimits,
  { stop, atWork }: { readonly stop: Stopper; readonly atWork: Set<Stopper> },
): Promise<Rows> {
  return await inTurn(turns, stop.signal, async () => {
    atWork.add(stop);
    try {
      return await readOn(await instance.connect(), sql, limits, stop.signal);
    } finally {
      atWork.delete(stop);
    }
  });
}

async function inTurn<T>(turns: Turns, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const end = await turns.take(signal);
  try {
    return await work();
  } finally {
    end();
  }
}

const MAKING_ROOM = 'the store is making room for new events, and this read took too long for it: ask again';

interface Stopper {
  /** Aborts with a {@link ReadError}. */
  readonly signal: AbortSignal;
  /** Breaks it off. */
  now(reason: ReadError): void;
  end(): void;
}

function stopper({ milliseconds, signal }: ReadLimits, closing: AbortSignal): Stopper {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new ReadError('aborted', 'the one who asked has gone'));
  const close = (): void => controller.abort(new ReadError('failed', 'the store is being closed'));
  const timer = setTimeout(() => {
    const seconds = milliseconds / 1000;
    const message = `it took longer than ${seconds} s: ask for a shorter time or fewer rows, or give it more time`;
    controller.abort(new ReadError('too_slow', message));
  }, milliseconds);
  if (signal?.aborted) leave();
  if (closing.aborted) close();
  signal?.addEventListener('abort', leave, { once: true });
  closing.addEventListener('abort', close, { once: true });
  return {
    signal: controller.signal,
    now: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
      closing.removeEventListener('abort', close);
    },
  };
}

async function readOn(
  connection: DuckDBConnection,
  sql: string,
  { rows, isOwn = false }: ReadLimits,
  signal: AbortSignal,
): Promise<Rows> {
  let again: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    signal.throwIfAborted();
    if (!isOwn) await checkStatement(connection, sql);
    await connection.run('BEGIN TRANSACTION READ ONLY');
    const answer = await collect(await start(connection, sql), rows, signal);
    // An interrupted stream ends as if it had no more rows.
    signal.throwIfAborted();
    return answer;
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(again);
    // Ends a stream that has rows left, and its transaction with it.
    await connection.run('ROLLBACK').catch(() => undefined);
    connection.closeSync();
  }
}

/** The statement under way; a second look at what it is, by the count and the type that DuckDB itself runs it as. */
async function start(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new ReadError('bad_statement', 'ask one statement at a time');
  const prepared = await statements.prepare(0);
  try {
    if (prepared.statementType !== StatementType.SELECT && prepared.statementType !== StatementType.EXPLAIN) {
      throw new ReadError('bad_statement', 'a query is one SELECT, or EXPLAIN of one; this is something else');
    }
    return await prepared.stream();
  } finally {
    prepared.destroySync();
  }
}
