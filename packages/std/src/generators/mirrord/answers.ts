import { containerLineCount } from '../container-lines.ts';
import type { MirrordSettings } from './options.ts';
import type { MirrordRecord, Truth } from './record.ts';

/** Session durations in seconds, smallest first, with exact answers by rank. */
export interface DurationAnswers {
  count: number;
  sum: number;
  min: number;
  max: number;
  sorted: Float64Array;
  /** The smallest duration that at least `percent` per cent of all are not above (nearest rank); NaN when there is none. */
  percentile(percent: number): number;
}

/** What a correct pipeline finds in the generated lines; message names are the canonical ones, ports and durations are numbers. */
export interface MirrordAnswers {
  events: number;
  /** Lines in the file: events and the further parts of those that were cut. */
  physicalLines: number;
  /** Lines that are a part but not the last one of their event: docker without a newline, CRI `P`. */
  partialLines: number;
  /** Events whose text is not JSON. */
  nonJson: number;
  large: number;
  mistyped: number;
  functional: number;
  byMessage: ReadonlyMap<string, number>;
  byLevel: ReadonlyMap<string, number>;
  byStream: ReadonlyMap<string, number>;
  byPort: ReadonlyMap<number, number>;
  byTargetType: ReadonlyMap<string, number>;
  byCliVersion: ReadonlyMap<string, number>;
  clientIds: ReadonlySet<string>;
  clientUsers: ReadonlySet<string>;
  sessionIds: ReadonlySet<string>;
  targetNames: ReadonlySet<string>;
  /** Only of events that name a namespace. */
  targetNamespaces: ReadonlySet<string>;
  scaledDown: { yes: number; no: number };
  /** Port Steal events that have an HTTP filter. */
  httpFilters: number;
  sessionDuration: DurationAnswers;
}

/** Collects the answers of the records it is shown. */
export interface AnswerCollector {
  add(record: MirrordRecord): void;
  answers(): MirrordAnswers;
}

/** Makes a collector for one run. */
export function createAnswerCollector({ format, cutBytes }: MirrordSettings): AnswerCollector {
  const counts = { events: 0, physicalLines: 0, partialLines: 0, nonJson: 0, large: 0, mistyped: 0, functional: 0 };
  const groups = {
    byMessage: new Map<string, number>(),
    byLevel: new Map<string, number>(),
    byStream: new Map<string, number>(),
    byPort: new Map<number, number>(),
    byTargetType: new Map<string, number>(),
    byCliVersion: new Map<string, number>(),
  };
  const distinct = {
    clientIds: new Set<string>(),
    clientUsers: new Set<string>(),
    sessionIds: new Set<string>(),
    targetNames: new Set<string>(),
    targetNamespaces: new Set<string>(),
  };
  const scaledDown = { yes: 0, no: 0 };
  let httpFilters = 0;
  const durations: number[] = [];

  const addTruth = (truth: Truth) => {
    if (truth.kind === 'text') counts.nonJson += 1;
    if (truth.kind === 'functional') counts.functional += 1;
    if (truth.large === true) counts.large += 1;
    if (truth.mistyped === true) counts.mistyped += 1;
    if (truth.scaleDown !== undefined) scaledDown[truth.scaleDown ? 'yes' : 'no'] += 1;
    if (truth.httpFilter !== undefined) httpFilters += 1;
    if (truth.durationMs !== undefined) durations.push(truth.durationMs);
    count(groups.byMessage, truth.message);
    count(groups.byLevel, truth.level);
    count(groups.byPort, truth.port);
    count(groups.byTargetType, truth.target?.type);
    count(groups.byCliVersion, truth.cliVersion);
    note(distinct.clientIds, truth.clientId);
    note(distinct.clientUsers, truth.clientUser);
    note(distinct.sessionIds, truth.sessionId);
    note(distinct.targetNames, truth.target?.name);
    note(distinct.targetNamespaces, truth.target?.namespace);
  };

  return {
    add({ text, stream, truth }) {
      const bytes = text.length * 3 < cutBytes ? 0 : Buffer.byteLength(text);
      const lines = containerLineCount(format, bytes, cutBytes);
      counts.events += 1;
      counts.physicalLines += lines;
      counts.partialLines += lines - 1;
      count(groups.byStream, stream);
      addTruth(truth);
    },
    answers: () => ({
      ...counts,
      ...groups,
      ...distinct,
      scaledDown,
      httpFilters,
      sessionDuration: durationAnswers(durations),
    }),
  };
}

/** The answers as plain JSON: distinct values as their number, durations with the usual percentiles. */
export function answersAsJson(answers: MirrordAnswers): Record<string, unknown> {
  const { sorted: _sorted, percentile, ...durations } = answers.sessionDuration;
  const percentiles = Object.fromEntries([1, 5, 25, 50, 75, 90, 95, 99].map((rank) => [`p${rank}`, percentile(rank)]));
  const plain = Object.entries(answers).map(([name, value]) => {
    if (value instanceof Map) return [name, Object.fromEntries([...value].sort(([, left], [, right]) => right - left))];
    if (value instanceof Set) return [name, value.size];
    return [name, value];
  });
  return { ...Object.fromEntries(plain), sessionDuration: { ...durations, ...percentiles } };
}

// Whole milliseconds add up exactly; fractions of seconds would not.
function durationAnswers(milliseconds: readonly number[]): DurationAnswers {
  const sorted = Float64Array.from(milliseconds).sort();
  const sum = sorted.reduce((total, value) => total + value, 0) / 1000;
  for (let rank = 0; rank < sorted.length; rank += 1) sorted[rank] = (sorted[rank] ?? 0) / 1000;
  return {
    count: sorted.length,
    sum,
    min: sorted[0] ?? Number.NaN,
    max: sorted[sorted.length - 1] ?? Number.NaN,
    sorted,
    percentile: (percent) => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN,
  };
}

function count<K>(counts: Map<K, number>, key: K | undefined): void {
  if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
}

function note<T>(values: Set<T>, value: T | undefined): void {
  if (value !== undefined) values.add(value);
}
