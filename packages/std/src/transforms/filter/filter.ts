import { ConfigError, defineTransform, object, oneOf, string, type TransformContext } from '@tailrace/core';
import { compilePaths, kernel, locate } from '@tailrace/kernel';
import { type Condition, ConditionError, compileCondition } from './condition.ts';
import { readValues } from './values.ts';

/** Lets those events through for which a condition is true. */
export const filter = defineTransform({
  type: 'filter',
  summary: 'Let those events through for which a condition (CEL) is true.',
  description: [
    'A path names a member: `fields.port`, `kubernetes.labels["app.kubernetes.io/name"]`, `spans[0].name`. A member that is missing is',
    '`null`; `has(path)` is `path != null`; `<`, `<=`, `>` and `>=` against `null` are false, and so is a condition that is `null` as a',
    'whole. Integers are CEL ints, other numbers doubles. What else fails for an event (`path.startsWith("x")` on a number, say) is',
    'counted as `condition_error`. Patterns of `matches` are those of [`parse`](../../parse.md#patterns): no text makes them hang.',
  ].join('\n'),
  config: object({
    condition: string({
      required: true,
      minLength: 1,
      description: 'A CEL expression of the type bool.',
      examples: ['fields.message == "Session End" && fields.session_duration > 60'],
    }),
    on_error: oneOf(['keep', 'drop', 'dead_letter'], {
      default: 'keep',
      description: 'What becomes of an event for which the condition cannot be evaluated.',
    }),
  }),
  examples: [
    {
      title: 'Long sessions',
      config: { condition: 'fields.message == "Session End" && fields.session_duration > 60' },
      input: [
        { fields: { message: 'Session End', session_duration: 12.5 } },
        { fields: { message: 'Session End', session_duration: 90 } },
        { fields: { message: 'Session Start' } },
      ],
      output: [{ fields: { message: 'Session End', session_duration: 90 } }],
    },
    {
      title: 'Members that are there, keys with dots, lists',
      config: { condition: 'has(kubernetes.labels["app.kubernetes.io/name"]) && tags.exists(t, t == "audit")' },
      input: [
        { kubernetes: { labels: { 'app.kubernetes.io/name': 'shop' } }, tags: ['audit', 'login'] },
        { kubernetes: { labels: { app: 'shop' } }, tags: ['audit'] },
        { kubernetes: { labels: { 'app.kubernetes.io/name': 'shop' } }, tags: [] },
      ],
      output: [{ kubernetes: { labels: { 'app.kubernetes.io/name': 'shop' } }, tags: ['audit', 'login'] }],
    },
    {
      title: 'What the condition cannot be asked of is left out',
      config: { condition: 'level == "ERROR"', on_error: 'drop' },
      input: [{ level: 'ERROR', message: 'disk full' }, { message: 'no level' }],
      output: [{ level: 'ERROR', message: 'disk full' }],
    },
  ],
  create({ config, context }) {
    const condition = compiled(config.condition);
    const paths = compilePaths(condition.paths);
    return (batch) => {
      const events = batch.events();
      const read = readValues(events, locate(kernel(), events, paths), paths.count);
      const kept = judge(batch.length, read, condition, config.on_error, context);
      return kept.length === batch.length ? batch : batch.select(kept);
    };
  },
});

function compiled(text: string): Condition {
  try {
    return compileCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) throw new ConfigError(['condition'], error.message);
    throw error;
  }
}

/** The events that go on. */
function judge(
  length: number,
  read: (i: number, into: unknown[]) => void,
  condition: Condition,
  onError: 'keep' | 'drop' | 'dead_letter',
  context: TransformContext,
): number[] {
  const kept: number[] = [];
  const values: unknown[] = condition.paths.map(() => null);
  let failed = 0;
  for (let i = 0; i < length; i++) {
    read(i, values);
    try {
      if (condition.evaluate(values)) kept.push(i);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      failed++;
      if (onError === 'keep') kept.push(i);
      else if (onError === 'dead_letter') context.reject(i, 'condition_error', error.message);
    }
  }
  if (failed > 0) context.countErrors('condition_error', failed);
  return kept;
}
