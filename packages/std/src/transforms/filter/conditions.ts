import { ConfigError, type LogBatch, type Step } from '@tailrace/core';
import { compilePaths, kernel, locate } from '@tailrace/kernel';
import { type Condition, ConditionError, compileCondition } from './condition.ts';
import { readValues } from './values.ts';

/** The conditions of one transform over the events of one batch. */
export interface BatchConditions {
  /** Turns to event `i`. */
  turnTo(i: number): void;
  /** Whether condition `k` is true for that event; a {@link ConditionError} where it cannot be evaluated. */
  judge(k: number): boolean | ConditionError;
}

/** Compiles the condition of the option `at`; throws a {@link ConfigError} that names it. */
export function conditionOption(at: readonly string[], text: string): Condition {
  try {
    return compileCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) throw new ConfigError(at, error.message);
    throw error;
  }
}

/** Prepares conditions that are evaluated together: all their paths are located by one call of the kernel per batch. */
export function batchConditions(conditions: readonly Condition[]): (batch: LogBatch) => BatchConditions {
  const keys: string[] = [];
  const paths: (readonly Step[])[] = [];
  const placeOf = (steps: readonly Step[]): number => {
    const key = JSON.stringify(steps);
    if (!keys.includes(key)) {
      keys.push(key);
      paths.push(steps);
    }
    return keys.indexOf(key);
  };
  const places = conditions.map((condition) => condition.paths.map(placeOf));
  const compiled = compilePaths(paths);
  const all: unknown[] = paths.map(() => null);
  const own = places.map((of) => of.map((): unknown => null));
  return (batch) => {
    const events = batch.events();
    const read = readValues(events, locate(kernel(), events, compiled), compiled.count);
    return {
      turnTo: (i) => read(i, all),
      judge(k) {
        const values = own[k]!;
        for (const [to, from] of places[k]!.entries()) values[to] = all[from];
        try {
          return conditions[k]!.evaluate(values);
        } catch (error) {
          if (error instanceof ConditionError) return error;
          throw error;
        }
      },
    };
  };
}

/** An option that may hold a condition, over the events of one batch. */
export interface OptionalCondition {
  /** False without a condition, and where it cannot be evaluated. */
  isTrue(i: number): boolean;
  /** For how many events it could not be evaluated. */
  readonly failed: number;
}

/** Prepares the condition of the option `at`, if there is one; throws a {@link ConfigError} that names it. */
export function optionalCondition(at: string, text: string | undefined): (batch: LogBatch) => OptionalCondition {
  if (text === undefined) return () => ({ isTrue: () => false, failed: 0 });
  const over = batchConditions([conditionOption([at], text)]);
  return (batch) => {
    const judged = over(batch);
    let failed = 0;
    return {
      isTrue(i) {
        judged.turnTo(i);
        const verdict = judged.judge(0);
        if (typeof verdict !== 'boolean') failed++;
        return verdict === true;
      },
      get failed() {
        return failed;
      },
    };
  };
}
