import { countText } from '@tailrace/core';
import type { LetterWays } from './dead-letters/letter-sinks.ts';
import { balance, type ComponentStats, discardedTotal } from './stats.ts';

/** What a run did, for the last words of the command and for tests. */
export interface RunSummary {
  /** No problem, nothing given back undelivered, the ledger holds. */
  readonly ok: boolean;
  readonly components: readonly ComponentStats[];
  readonly deadLetterFile: string;
  /** All that are durable, in the file or in sinks that take them. */
  readonly deadLetters: number;
  readonly deadLettersInFile: number;
  /** Events that were given back at shutdown and come again after a restart. */
  readonly returned: number;
  readonly milliseconds: number;
  readonly problems: readonly string[];
}

export function summarize(
  components: readonly ComponentStats[],
  { files, written }: Pick<LetterWays, 'files' | 'written'>,
  milliseconds: number,
  problems: readonly string[],
): RunSummary {
  const returned = components.reduce((sum, stats) => sum + undelivered(stats), 0);
  const unbalanced = components.filter((stats) => balance(stats) !== 0);
  const all = [
    ...problems,
    ...unbalanced.map((stats) => `${stats.id}: the ledger is off by ${balance(stats)} events: please report this`),
  ];
  return {
    ok: all.length === 0 && returned === 0,
    components,
    deadLetterFile: files.file,
    deadLetters: written,
    deadLettersInFile: files.written,
    returned,
    milliseconds,
    problems: all,
  };
}

/** Events that were given back and wait for another process; after a reload a queue's successor has them instead. */
export function undelivered(stats: ComponentStats): number {
  return stats.returned - stats.takenUpAgain;
}

/** The summary as text for people: a line per component, then what needs attention. */
export function summaryText(summary: RunSummary): string {
  const rows = [['component', 'type', 'in', 'out', 'discarded', 'dead letters', 'errors']];
  for (const stats of summary.components) {
    const errors = [...stats.errors].map(([code, count]) => `${code} ${countText(count)}`).join(', ');
    const numbers = [stats.received, stats.sent, discardedTotal(stats), stats.deadLettered].map(countText);
    rows.push([stats.id, stats.type, ...numbers, errors || '–']);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, k) => (k >= 2 && k <= 5 ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${[...table, ...remarks(summary)].join('\n')}\n`;
}

/** What went in and what became of it, over all components: sources take in, sinks give out. */
function totals({ components, deadLetters }: RunSummary): string {
  const sum = (of: (stats: ComponentStats) => number) =>
    countText(components.reduce((all, stats) => all + of(stats), 0));
  const parts = [
    `in ${sum(({ kind, received }) => (kind === 'source' ? received : 0))}`,
    `out ${sum(({ kind, sent }) => (kind === 'sink' ? sent : 0))}`,
    `discarded ${sum(discardedTotal)}`,
    `dead letters ${countText(deadLetters)}`,
    `${sum(({ sink }) => sink?.duplicatesAvoided ?? 0)} duplicates avoided`,
  ];
  return parts.join(', ');
}

const COMES_AGAIN = 'what was read from files or waits on the disk comes again at the next start';

function remarks(summary: RunSummary): string[] {
  const lines = [totals(summary), `took ${(summary.milliseconds / 1000).toFixed(1)} s`];
  for (const { id, discarded } of summary.components) {
    for (const { reason, intentional, count } of discarded.values()) {
      lines.push(`${id} discarded ${countText(count)}: ${reason}${intentional ? '' : ' (not intended)'}`);
    }
  }
  for (const { id, recovered } of summary.components)
    if (recovered > 0) lines.push(`${id}: ${countText(recovered)} events were in the disk queue`);
  const merged = summary.components.reduce((sum, stats) => sum + stats.merged, 0);
  if (merged > 0) lines.push(`${countText(merged)} lines became part of another event`);
  if (summary.deadLetters > 0) lines.push(lettersText(summary));
  if (summary.returned > 0)
    lines.push(`${countText(summary.returned)} events were not delivered in time; ${COMES_AGAIN}`);
  return [...lines, ...summary.problems];
}

function lettersText({ deadLetters, deadLettersInFile, deadLetterFile }: RunSummary): string {
  const all = `${countText(deadLetters)} dead letters`;
  if (deadLettersInFile === 0) return all;
  const some = deadLettersInFile < deadLetters ? `, ${countText(deadLettersInFile)} of them in` : ':';
  return `${all}${some} ${deadLetterFile}`;
}

/** The `stats` record of the log: the numbers of /metrics that a person looks at first. */
export function statsRecord(components: readonly ComponentStats[], checkpointWrittenAt: number): object {
  return {
    checkpoint_age_seconds: Math.round((Date.now() - checkpointWrittenAt) / 100) / 10,
    components: Object.fromEntries(components.map((stats) => [stats.id, componentRecord(stats)])),
  };
}

function componentRecord(stats: ComponentStats): object {
  const { received, sent, created, merged, deadLettered, inFlight, receivedBytes, sentBytes } = stats;
  return {
    type: stats.type,
    kind: stats.kind,
    received_events: received,
    sent_events: sent,
    ...(stats.kind === 'source' ? { received_bytes: receivedBytes } : {}),
    ...(stats.kind === 'sink' ? { sent_bytes: sentBytes } : {}),
    ...(stats.outputs.size > 0 ? { output_events: Object.fromEntries(stats.outputs) } : {}),
    created_events: created,
    merged_events: merged,
    ...(stats.recovered > 0 ? { recovered_events: stats.recovered } : {}),
    dead_lettered_events: deadLettered,
    discarded_events: Object.fromEntries([...stats.discarded.values()].map(({ reason, count }) => [reason, count])),
    errors: Object.fromEntries(stats.errors),
    in_flight_events: inFlight,
    balance: balance(stats),
    ...(stats.sink
      ? {
          buffer_bytes: stats.sink.bufferedBytes,
          buffer_max_bytes: stats.sink.bufferMaxBytes,
          requests: stats.sink.requests,
          requests_in_flight: stats.sink.requestsInFlight,
          retries: stats.sink.retries,
          duplicates_avoided: stats.sink.duplicatesAvoided,
        }
      : {}),
  };
}
