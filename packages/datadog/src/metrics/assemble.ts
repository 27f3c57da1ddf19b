import type { MetricPoint } from '@tailrace/telemetry';
import { headOf, type Naming } from './head.ts';
import { type FirstValue, type Mark, stepOf } from './marks.ts';
import { type Address, markOf, type Part, partsOf, type Shape, type Sheets } from './parts.ts';
import { distributionSheet, seriesSheet } from './sheet.ts';

/** How points become series. */
export interface Assembly {
  readonly naming: Naming;
  readonly shape: Shape;
  readonly firstValue: FirstValue;
  /** Milliseconds: Datadog takes points of so long ago. */
  readonly maxAgeMs: number;
}

/** The last values as assembling needs them. */
export interface Known {
  get(key: string): Mark | undefined;
  readonly since: bigint;
}

/** What a request to one address holds. */
export interface Assembled {
  /** JSON; `null` when there is nothing to send. */
  readonly text: string | null;
  /** Where the series stand once it is accepted. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Values that are no numbers Datadog takes, or points without a name or a value. */
  readonly refused: number;
  /** Points outside the time that Datadog takes, whose value no later point brings. */
  readonly outOfTime: number;
}

/** Datadog takes points up to ten minutes ahead (docs.datadoghq.com/api/latest/metrics/submit-metrics, `points`). */
const MAX_AHEAD_MS = 600_000;

/** Makes the request to one address; `points` are in the order they were read in. Changes nothing: a second call gives the same. */
export function assemble(points: readonly MetricPoint[], address: Address, known: Known, how: Assembly): Assembled {
  const sheets: Sheets = { series: seriesSheet(), distributions: distributionSheet() };
  const marks = new Map<string, Mark>();
  const now = Date.now();
  let refused = 0;
  let outOfTime = 0;
  for (const point of points) {
    const head = headOf(point, how.naming);
    const parts = head ? partsOf(point, head, how.shape) : { parts: [], refused: 1 };
    if (address === 'series') refused += parts.refused;
    const isInTime = inTime(point.time, now, how.maxAgeMs);
    for (const part of parts.parts) {
      if (part.address !== address) continue;
      if (isInTime) write(point, part);
      // The next point of a counter brings what this one would have.
      else if (part.key === null || !isOld(point.time, now)) outOfTime++;
    }
  }
  const sheet = sheets[address];
  return { text: sheet.isEmpty ? null : sheet.text(), marks, refused, outOfTime };

  function write(point: MetricPoint, part: Part): void {
    const second = Number(point.time / 1_000_000_000n);
    if (part.key === null) {
      part.write(sheets, part.total, second, part.interval);
      return;
    }
    const mark = markOf(point, part.total);
    const step = stepOf(marks.get(part.key) ?? known.get(part.key), mark, how.firstValue, known.since);
    if (step.kind === 'held') return;
    marks.set(part.key, mark);
    if (step.kind === 'change') part.write(sheets, step.total, second, step.seconds);
  }
}

function inTime(time: bigint, now: number, maxAgeMs: number): boolean {
  const ms = Number(time / 1_000_000n);
  return ms >= now - maxAgeMs && ms <= now + MAX_AHEAD_MS;
}

function isOld(time: bigint, now: number): boolean {
  return Number(time / 1_000_000n) <= now;
}
