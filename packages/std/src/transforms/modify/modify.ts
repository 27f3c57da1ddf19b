import { defineTransform, type ErrorCode, type LogBatch, type TransformContext } from '@tailrace/core';
import { compileOperations } from './compile.ts';
import { examples } from './examples.ts';
import { withoutNamesakes } from './namesakes.ts';
import { options } from './options.ts';
import { roundsOf } from './rounds.ts';
import { type Judge, runRound } from './run-round.ts';

/** Changes fields by a list of operations: structure, texts, times, privacy. */
export const modify = defineTransform({
  type: 'modify',
  summary: 'Change fields: set, rename, copy, remove, split, join, read times, and hide what is private.',
  description: [
    'Each entry of `operations` names one operation and may have a condition. They are done in their order, and what no operation',
    'touches keeps its bytes: numbers their digits, texts their escapes.',
    '',
    'Objects on the way to a field that is set are made; something else that stands in the way is replaced. What cannot be done is',
    'counted (`value_unfit`, `condition_error`, `too_large` for an event above 4 MiB; `field_missing` where that is a fault), and',
    '`on_error` says what becomes of the event. A dead letter holds the event as it came: what `hash` or `mask` should have hidden',
    'stands in it.',
    '',
    '`lower`, `upper`, `hash`, `mask` and `truncate` go into lists; the last three go into objects, too, and leave keys as they are.',
    '`user.name` is not the member whose key is `user.name`, dot and all: to hide that one, name it too, as `\'"user.name"\'`',
    '([field paths](../pipeline.md#field-paths)).',
    '',
    'Patterns of `parse_timestamp` know `%Y %y %m %b %B %d %e %j %a %A %H %k %I %l %p %M %S %s`, `%f` (a fraction of any length, also',
    '`%N %3N %6N %9N %L`), `%z` and `%Z` (an offset, `Z`, letters such as `UTC`, `EST`, `CEST`, or a name such as `Europe/Berlin`), and',
    '`%T %R %F %D %n %t %%`. White space stands for any amount of it; names are English, in small or large letters. Without a year the',
    'one nearest to the time of the event is taken. A time that clocks show twice is the first one, and one that they skip is as much',
    'later as they were moved. The result has no fraction, or one of 3, 6 or 9 digits.',
  ].join('\n'),
  config: options,
  examples,
  create({ config, context }) {
    const operations = compileOperations(config.operations, config);
    const rounds = roundsOf(operations);
    const singled = withoutNamesakes(
      operations.flatMap(({ actions }) => actions.filter(({ hides }) => hides).flatMap(({ writes }) => writes)),
    );
    return (received) => {
      const batch = singled(received);
      const { judge, refused } = judgeOf(context);
      for (const round of rounds) runRound(round, batch, judge);
      judge.report();
      return refused.size === 0 ? batch : withoutRefused(batch, refused);
    };
  },
});

/** Decides what becomes of an event for which an operation failed, and counts. */
function judgeOf(context: TransformContext): { judge: Judge & { report(): void }; refused: ReadonlySet<number> } {
  const refused = new Set<number>();
  const counts = new Map<ErrorCode, number>();
  const judge: Judge & { report(): void } = {
    isRefused: (i) => refused.has(i),
    failed(i, { label, onMissing, onError }, { code, message }) {
      const isMissing = code === 'field_missing';
      const then = isMissing ? onMissing : onError;
      if (isMissing && then === 'skip') return;
      counts.set(code, (counts.get(code) ?? 0) + 1);
      if (then === 'skip') return;
      refused.add(i);
      context.reject(i, code, `${label}: ${message}`);
    },
    report() {
      for (const [code, count] of counts) context.countErrors(code, count);
    },
  };
  return { judge, refused };
}

function withoutRefused(batch: LogBatch, refused: ReadonlySet<number>): LogBatch {
  const kept: number[] = [];
  for (let i = 0; i < batch.length; i++) if (!refused.has(i)) kept.push(i);
  return batch.select(kept);
}
