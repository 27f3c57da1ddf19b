import type { Outcome } from '@tailrace/core';

/** Where reading goes on after a restart. */
export interface Point {
  /** Offset to read from: that of the oldest line that waited for its end when `doneTo` was reached, else `doneTo`. */
  readonly readFrom: number;
  /** Events that end at or below this offset are settled: they are passed over when reading again from `readFrom`. */
  readonly doneTo: number;
  /** Where the events begin that waited for further lines when `doneTo` was reached: below it, only they are not settled. */
  readonly held: readonly number[];
  /** Whether `readFrom` is inside an array at the root of a JSON text. */
  readonly insideArray: boolean;
  /** The bytes before `doneTo`, by which a file that took the place of this one is known. */
  readonly print: Print;
  /** The largest size that the file was seen with. */
  readonly size: number;
}

/** A short stretch of a file and what stood there. */
export interface Print {
  readonly at: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Batches of one file on their way: they settle in any order, the checkpoint moves only over those with no gap before them. */
export interface SettledRange {
  /**
   * A batch (or bytes without events) up to `point` is on its way; call the answer with its outcome. `passed` is called when it has
   * settled, and so has all before it.
   */
  add(point: Point, passed?: () => void): (outcome: Outcome) => void;
}

interface Step {
  readonly point: Point;
  readonly passed: (() => void) | undefined;
  outcome: Outcome | null;
}

/** Creates a range; `moved` is told the last point before the first gap. */
export function settledRange(moved: (point: Point) => void): SettledRange {
  const steps: Step[] = [];
  let stopped = false;
  return {
    add(point, passed) {
      const step: Step = { point, passed, outcome: null };
      if (!stopped) steps.push(step);
      return (outcome) => {
        step.outcome = outcome;
        let done = 0;
        while (done < steps.length && steps[done]!.outcome !== null && steps[done]!.outcome !== 'errored') done++;
        if (done > 0) moved(steps[done - 1]!.point);
        for (const { passed: tell } of steps.splice(0, done)) tell?.();
        // An errored batch comes again after a restart, and so does all that follows it.
        if (steps[0]?.outcome !== 'errored') return;
        stopped = true;
        steps.length = 0;
      };
    },
  };
}
