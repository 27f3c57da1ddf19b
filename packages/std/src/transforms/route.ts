import { ConfigError, defineTransform, map, object, oneOf, type Routing, string } from '@tailrace/core';
import type { ConditionError } from './filter/condition.ts';
import { type BatchConditions, batchConditions, conditionOption } from './filter/conditions.ts';

/** Sends events to named outputs, each with a condition; other components read `id.output`. */
export const route = defineTransform({
  type: 'route',
  summary: 'Send events to named outputs by conditions (CEL); other components read `id.output`.',
  description: [
    'A component that has `router.errors` among its `inputs` gets the events of the output `errors` of the route `router`; `router.*` is all',
    'of its outputs. Who reads several outputs gets an event once, and all events in their order. Conditions are those of',
    '[filter](filter.md). `tailrace validate` warns of an output that nobody reads: what leaves there is discarded with the reason',
    '`unread_output`. `tailrace_component_output_events_total` counts the events of each output; [routing](../../routing.md) says more.',
  ].join('\n'),
  config: object({
    outputs: map(string({ minLength: 1, description: 'A CEL expression of the type bool.' }), {
      required: true,
      description: 'Conditions by the names of their outputs, tried in this order.',
      examples: [{ errors: 'level == "ERROR"', audit: 'has(fields.user)' }],
    }),
    mode: oneOf(['first', 'all'], {
      default: 'first',
      description: 'Whether an event leaves by the first output whose condition is true, or by all of them.',
    }),
    unmatched: oneOf(['default', 'drop', 'dead_letter'], {
      default: 'default',
      description:
        'What becomes of an event for which no condition is true: it leaves by the output `default`, is discarded, or goes to the dead letters.',
    }),
    on_error: oneOf(['no_match', 'drop', 'dead_letter'], {
      default: 'no_match',
      description:
        'What becomes of an event for which a condition cannot be evaluated; `no_match` takes the condition as false. Counted as `condition_error`.',
    }),
  }),
  examples: [
    {
      title: 'Errors and slow requests apart, the rest by the output `default`',
      config: { outputs: { errors: 'level == "ERROR"', slow: 'took_ms > 1000' } },
      input: [
        { level: 'ERROR', took_ms: 2000 },
        { level: 'INFO', took_ms: 1500 },
        { level: 'INFO', took_ms: 3 },
      ],
      output: [
        { level: 'ERROR', took_ms: 2000 },
        { level: 'INFO', took_ms: 1500 },
        { level: 'INFO', took_ms: 3 },
      ],
      outputs: {
        errors: [{ level: 'ERROR', took_ms: 2000 }],
        slow: [{ level: 'INFO', took_ms: 1500 }],
        default: [{ level: 'INFO', took_ms: 3 }],
      },
    },
    {
      title: 'By every output whose condition is true; what is neither, or cannot be told, goes no further',
      config: {
        mode: 'all',
        outputs: { errors: 'level.startsWith("E")', audit: 'has(user)' },
        unmatched: 'drop',
        on_error: 'drop',
      },
      input: [{ level: 'ERROR', user: 'ada' }, { level: 'INFO', user: 'bob' }, { level: 'INFO' }, { user: 'eve' }],
      output: [
        { level: 'ERROR', user: 'ada' },
        { level: 'INFO', user: 'bob' },
      ],
      outputs: {
        errors: [{ level: 'ERROR', user: 'ada' }],
        audit: [
          { level: 'ERROR', user: 'ada' },
          { level: 'INFO', user: 'bob' },
        ],
      },
    },
  ],
  outputs: outputsOf,
  exclusiveOutputs: (config) => (config.mode === 'first' ? outputsOf(config) : [DEFAULT]),
  create({ config, context }) {
    const names = Object.keys(config.outputs);
    if (names.length === 0)
      throw new ConfigError(['outputs'], 'names no output: give at least one, with its condition');
    for (const name of names) checkName(name);
    const conditions = names.map((name) => conditionOption(['outputs', name], config.outputs[name]!));
    const over = batchConditions(conditions);
    return (batch) => {
      const judged = over(batch);
      const kept: number[] = [];
      const ways = newWays(names);
      let failed = 0;
      for (let i = 0; i < batch.length; i++) {
        judged.turnTo(i);
        const { matched, error } = match(judged, names.length, config);
        if (error) failed++;
        const end = error && config.on_error !== 'no_match' ? config.on_error : config.unmatched;
        if (matched.length > 0 || end === 'default') {
          kept.push(i);
          ways.add(matched);
        } else if (end === 'drop') context.discardReason(error ? 'condition_error' : 'unmatched', i);
        else if (error) context.reject(i, 'condition_error', error.message);
        else context.reject(i, 'route_unmatched', 'no condition is true for the event');
      }
      if (failed > 0) context.countErrors('condition_error', failed);
      const made = kept.length === batch.length ? batch : batch.select(kept);
      context.route(made, ways.routing);
      return made;
    };
  },
});

/** The output of events for which no condition is true. */
const DEFAULT = 'default';
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

function outputsOf(config: {
  readonly outputs: Readonly<Record<string, string>>;
  readonly unmatched: string;
}): string[] {
  return [...Object.keys(config.outputs), ...(config.unmatched === 'default' ? [DEFAULT] : [])];
}

function checkName(name: string): void {
  if (name === DEFAULT)
    throw new ConfigError(
      ['outputs', name],
      'is the output of events for which no condition is true: choose another name',
    );
  // A name of digits alone would lose its place in the order.
  if (!NAME.test(name)) {
    const expected = 'up to 64 letters, digits, "_" and "-", beginning with a letter or "_"';
    throw new ConfigError(['outputs', name], `${JSON.stringify(name)} is no name of an output: expected ${expected}`);
  }
}

/** The outputs, by index, that an event leaves by; none when a condition failed that decides otherwise. */
function match(
  judged: BatchConditions,
  count: number,
  { mode, on_error }: { mode: 'first' | 'all'; on_error: 'no_match' | 'drop' | 'dead_letter' },
): { matched: readonly number[]; error: ConditionError | null } {
  const matched: number[] = [];
  let error: ConditionError | null = null;
  for (let k = 0; k < count; k++) {
    const verdict = judged.judge(k);
    if (verdict === true) matched.push(k);
    else if (verdict !== false) error ??= verdict;
    if (error && on_error !== 'no_match') return { matched: [], error };
    if (mode === 'first' && matched.length > 0) break;
  }
  return { matched, error };
}

/** Gathers by which outputs the events of a batch leave; each set of outputs once. */
function newWays(names: readonly string[]): { add(outputs: readonly number[]): void; readonly routing: Routing } {
  const sets: string[][] = [];
  const setOf: number[] = [];
  const places = new Map<string, number>();
  return {
    add(outputs) {
      const key = outputs.join();
      let place = places.get(key);
      if (place === undefined) {
        place = sets.push(outputs.length === 0 ? [DEFAULT] : outputs.map((k) => names[k]!)) - 1;
        places.set(key, place);
      }
      setOf.push(place);
    },
    routing: { sets, setOf },
  };
}
