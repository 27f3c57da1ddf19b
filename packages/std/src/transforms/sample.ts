import {
  ConfigError,
  defineTransform,
  fieldPath,
  integer,
  type LogBatch,
  list,
  number,
  object,
  path,
  string,
} from '@tailrace/core';
import { eventKeys } from './event-key.ts';
import { optionalCondition } from './filter/conditions.ts';

/** Lets a share of the events through, the same ones at every reading. */
export const sample = defineTransform({
  type: 'sample',
  summary:
    'Let a share of the events through: one in N, or a ratio; with a key, all or none of the events that share it.',
  description: [
    'Whether an event passes depends on its identity alone, or with `key` on the values of those fields, never on chance or on what came',
    'before: an event that is read again after a restart is decided as the first time, and all events of a trace pass or none, in every',
    'process that samples by the same key, share and `seed`; of two shares, the larger one holds all events of the smaller. An event that has',
    'none of the fields is decided by its identity. What does not pass is counted as discarded with the reason `sampled`.',
  ].join('\n'),
  config: object({
    one_in: integer({ minimum: 1, description: 'Of how many events one passes; this or `ratio` is needed.' }),
    ratio: number({ minimum: 0, maximum: 1, description: 'The share of events that pass, from 0 to 1.' }),
    key: list(fieldPath({ description: 'A field.' }), {
      default: [],
      description: 'Fields of which events with the same values pass together, or not at all.',
      examples: [['trace_id']],
    }),
    keep: string({
      minLength: 1,
      description:
        'A CEL condition: events for which it is true always pass. One that cannot be evaluated is taken as false and counted as `condition_error`.',
      examples: ['level == "ERROR" || status >= 500'],
    }),
    seed: string({
      default: '',
      description: 'Other seeds choose other events: give each a seed of its own where one `sample` follows another.',
    }),
    rate_field: fieldPath({
      description: 'Takes how many events a passing one stands for; 1 for those of `keep`. Unset: nothing is written.',
    }),
  }),
  examples: [
    {
      title: 'One trace in two, whole, and every error',
      config: { one_in: 2, key: ['trace_id'], keep: 'level == "ERROR"', rate_field: 'sampling.rate' },
      input: [
        { trace_id: 'a3ce929d', level: 'INFO', message: 'begin' },
        { trace_id: '00f067aa', level: 'INFO', message: 'begin' },
        { trace_id: 'a3ce929d', level: 'INFO', message: 'end' },
        { trace_id: '00f067aa', level: 'ERROR', message: 'failed' },
      ],
      output: [
        { trace_id: 'a3ce929d', level: 'INFO', message: 'begin', sampling: { rate: 2 } },
        { trace_id: 'a3ce929d', level: 'INFO', message: 'end', sampling: { rate: 2 } },
        { trace_id: '00f067aa', level: 'ERROR', message: 'failed', sampling: { rate: 1 } },
      ],
    },
    {
      title: 'All events of a quarter of the users; others than those of a sample with another seed',
      config: { ratio: 0.25, key: ['user'], seed: 'b' },
      input: [{ user: 'ada' }, { user: 'bob' }, { user: 'cyd' }, { user: 'dan' }, { user: 'eve' }, { user: 'bob' }],
      output: [{ user: 'bob' }, { user: 'cyd' }, { user: 'bob' }],
    },
  ],
  create({ config, context }) {
    const ratio = ratioOf(config);
    const limit = ratio * 2 ** 32;
    const keysOf = config.key.length > 0 ? eventKeys(config.key) : null;
    const keepOf = optionalCondition('keep', config.keep);
    const seed = hash(0x811c_9dc5, config.seed);
    const rateField = config.rate_field === undefined ? null : path(config.rate_field);
    const rate = String(config.one_in ?? 1 / ratio);
    return (batch) => {
      const keep = keepOf(batch);
      const keyOf = keysOf?.(batch);
      const passed: number[] = [];
      const rates: string[] = [];
      for (let i = 0; i < batch.length; i++) {
        const isKept = keep.isTrue(i);
        if (!isKept && mix(hash(seed, keyOf?.(i) ?? batch.id(i))) >= limit) continue;
        passed.push(i);
        rates.push(isKept ? '1' : rate);
      }
      if (keep.failed > 0) context.countErrors('condition_error', keep.failed);
      context.discardReason('sampled');
      const made: LogBatch = passed.length === batch.length ? batch : batch.select(passed);
      if (rateField) for (const [k, text] of rates.entries()) made.setText(k, rateField, text);
      return made;
    };
  },
});

function ratioOf({ one_in: oneIn, ratio }: { one_in: number | undefined; ratio: number | undefined }): number {
  if (oneIn !== undefined && ratio !== undefined)
    throw new ConfigError(['ratio'], 'says the same as one_in: give one of them');
  if (oneIn === undefined && ratio === undefined)
    throw new ConfigError([], 'says nothing of the share that passes: give one_in or ratio');
  return ratio ?? 1 / oneIn!;
}

/** FNV-1a over UTF-16 units, going on from `from`. */
function hash(from: number, text: string): number {
  let h = from;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193);
  return h;
}

/** The last step of MurmurHash3 (32 bit): near texts get numbers that are far apart. */
function mix(h: number): number {
  let mixed = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
