import type { Verdict } from '@tailrace/testkit';
import type { Stage } from './stage.ts';
import { until } from './subject.ts';

/** Where a case may destroy bytes that nobody has read; docs/delivery.md names the same. */
const DESTROYING = /copytruncate|truncate|rewrite_same_size|delete_recreate|torn_tail|flipped_byte|missing_file/;

/** What a case came to; `skipped` says why it could not be played here. */
export type CaseResult = { name: string; skipped: string } | PlayedCase;

/** A case that was played. */
export interface PlayedCase {
  name: string;
  skipped?: undefined;
  verdict: Verdict;
  failedRestarts: number;
  /** What else is wrong: a ledger that does not add up, an end that was none. */
  problems: string[];
  seconds: number;
  /** What the subject said, when anything is wrong. */
  said: string;
}

/** How long the rest may take once nothing is wrong any more, as long as it goes on at all: servers that refuse most are slow. */
const SETTLE_MS = 180_000;
/** How long /metrics may be silent on a busy machine. */
const ANSWER_MS = 10_000;

/** Waits for what is still missing, restarts once more, and counts; every fault is over by now. */
export async function conclude(stage: Stage, startedAt: number, more: readonly string[] = []): Promise<PlayedCase> {
  const { subject } = stage;
  const problems = [...more];
  if (!subject.isRunning) await subject.start();
  await stage.allDelivered(SETTLE_MS);
  // What the server has stored is not yet what the subject knows to be stored.
  await until(SETTLE_MS / 6, () => isAtRest(stage));
  problems.push(...(await unbalanced(stage)));
  await endWell(stage, problems);
  // What would be doubled by a restart is doubled now.
  await subject.start();
  await stage.allDelivered(1000);
  await endWell(stage, problems);
  const verdict = await stage.verdict();
  const said = subject.said();
  for (const word of ['id_conflict', 'please report this', 'lineage_lost'])
    if (said.includes(word)) problems.push(`the subject says ${word}`);
  if (verdict.unreachable > 0 && !DESTROYING.test(stage.name)) problems.push('nothing here may be unreachable');
  if (verdict.misplaced > 0) problems.push(`${verdict.misplaced} dead letters that the target would have taken`);
  const result = {
    name: stage.name,
    verdict,
    failedRestarts: subject.failedRestarts,
    problems,
    seconds: (performance.now() - startedAt) / 1000,
  };
  return { ...result, said: hasFailed({ ...result, said }) ? said : '' };
}

/** What does not answer, or does not say it, is not at rest. */
async function isAtRest(stage: Stage): Promise<boolean> {
  const waiting = await samplesOf(stage, 'tailrace_buffer_events');
  return waiting.length > 0 && waiting.every(([, value]) => value === 0);
}

/** Edges whose ledger is off, or that there is no ledger to look at. */
async function unbalanced(stage: Stage): Promise<string[]> {
  let balances: [string, number][] = [];
  await until(ANSWER_MS, async () => {
    balances = await samplesOf(stage, 'tailrace_events_balance');
    return balances.length > 0;
  });
  if (balances.length === 0) return ['/metrics does not show the ledger'];
  return balances.flatMap(([sample, value]) => (value === 0 ? [] : [`${sample} is ${value} at rest`]));
}

async function samplesOf({ subject }: Stage, name: string): Promise<[string, number][]> {
  return [...(await subject.metrics())].filter(([sample]) => sample.startsWith(`${name}{`));
}

/** A case that could not be played to its end, which must not end the others. */
export function broken(name: string, error: unknown): PlayedCase {
  const verdict = {
    issued: 0,
    lost: 0,
    unreachable: 0,
    duplicated: 0,
    invented: 0,
    deadLetters: 0,
    misplaced: 0,
    examples: [],
  };
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { name, verdict, failedRestarts: 0, problems: [`the case broke: ${String(error)}`], seconds: 0, said };
}

async function endWell({ subject }: Stage, problems: string[]): Promise<void> {
  if (!subject.isRunning) return;
  const code = await subject.stop();
  if (code !== 0) problems.push(`it ended with ${code}`);
}

/** Whether a case shows a fault of the product. */
export function hasFailed(result: CaseResult): boolean {
  if (result.skipped !== undefined) return false;
  const { verdict, failedRestarts, problems } = result;
  return verdict.lost + verdict.duplicated + verdict.invented + failedRestarts + problems.length > 0;
}

/** The sums over all cases, named as the command prints them. */
export interface Totals {
  cases: number;
  issued: number;
  lost: number;
  unreachable: number;
  duplicated: number;
  invented: number;
  failed_restarts: number;
}

/** Adds up what was played. */
export function totalsOf(results: readonly CaseResult[]): Totals {
  const played = results.filter((result) => result.skipped === undefined);
  const sum = (read: (result: PlayedCase) => number) => played.reduce((total, result) => total + read(result), 0);
  return {
    cases: played.length,
    issued: sum(({ verdict }) => verdict.issued),
    lost: sum(({ verdict }) => verdict.lost),
    unreachable: sum(({ verdict }) => verdict.unreachable),
    duplicated: sum(({ verdict }) => verdict.duplicated),
    invented: sum(({ verdict }) => verdict.invented),
    failed_restarts: sum(({ failedRestarts }) => failedRestarts),
  };
}
