import type { LeftOut } from '@tailrace/core';
import type { MetricPoint } from '@tailrace/telemetry';
import { headOf, type Naming } from './head.ts';
import { type FirstValue, hasStart, type Mark, stepOf } from './marks.ts';
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
  /** Parts of points outside the time that Datadog takes, whose value no later point brings. */
  readonly outOfTime: number;
  /** Points of which nothing is left, of those that are told at this address. */
  readonly leftOut: readonly LeftOut[];
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
  const leftOut: LeftOut[] = [];
  for (const [index, point] of points.entries()) {
    const head = headOf(point, how.naming);
    const parts = head ? partsOf(point, head, how.shape) : { parts: [], refused: 1 };
    // Every point has a part in the series, so it is told of there.
    if (address === 'series') {
      refused += parts.refused;
      if (parts.parts.length === 0 && parts.refused > 0) leftOut.push({ index, reason: 'metric_refused' });
    }
    let wasLeftOut = false;
    const isInTime = inTime(point.time, now, how.maxAgeMs);
    for (const part of parts.parts) {
      if (part.address !== address) continue;
      if (part.key === null && isInTime) {
        part.write(sheets, part.total, secondOf(point), part.interval);
      } else if (part.key !== null && !isAhead(point.time, now)) {
        advance(part, part.key, point, isInTime);
      } else {
        outOfTime++;
        wasLeftOut = address === 'series';
      }
    }
    if (wasLeftOut) leftOut.push({ index, reason: 'metric_out_of_time' });
  }
  const sheet = sheets[address];
  return { text: sheet.isEmpty ? null : sheet.text(), marks, refused, outOfTime, leftOut };

  /** Of a point that is too old nothing is written; what it would have brought comes with the next one. */
  function advance(part: Part, key: string, point: MetricPoint, isInTime: boolean): void {
    const last = marks.get(key) ?? known.get(key);
    const mark = markOf(point, part.total);
    const step = stepOf(last, mark, how.firstValue, known.since);
    if (step.kind === 'baseline' || (step.kind === 'change' && isInTime)) {
      marks.set(key, mark);
      if (step.kind === 'change') part.write(sheets, step.total, secondOf(point), step.seconds);
    } else if (last && !hasStart(mark) && mark.start > last.start) {
      // The points that follow have this start, and it is no new beginning.
      marks.set(key, { ...last, start: mark.start });
    }
  }
}

function secondOf({ time }: MetricPoint): number {
  return Number(time / 1_000_000_000n);
}

function inTime(time: bigint, now: number, maxAgeMs: number): boolean {
  const ms = Number(time / 1_000_000n);
  return ms >= now - maxAgeMs && !isAhead(time, now);
}

function isAhead(time: bigint, now: number): boolean {
  return Number(time / 1_000_000n) > now + MAX_AHEAD_MS;
}
