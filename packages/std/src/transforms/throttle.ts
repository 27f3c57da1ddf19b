import {
  ConfigError,
  defineTransform,
  duration,
  fieldPath,
  integer,
  list,
  object,
  oneOf,
  string,
} from '@tailrace/core';
import { eventKeys } from './event-key.ts';
import { optionalCondition } from './filter/conditions.ts';
import { tokenBuckets } from './token-buckets.ts';

/** Lets so many events per interval through, of each key; what is more goes no further. */
export const throttle = defineTransform({
  type: 'throttle',
  summary: 'Let so many events per interval through, of each key; what is more is dropped or goes to the dead letters.',
  description: [
    'Each key (the values of the fields of `key`; without it there is one) has a bucket of `burst` tokens. An event takes one; `events` of them',
    'come back in each `interval`, evenly. An event that finds none is discarded with the reason `throttled`, or goes to the dead letters,',
    'where it can be replayed. It goes by the clock of the process, not by the time of the events: a backlog that is read fast is throttled',
    'too. A source that sends events once more takes tokens for them once more. To slow down instead of to drop, use no `throttle`: a queue',
    'that is full holds its source back.',
    '',
    'It remembers `max_keys` keys and forgets first the one that came longest ago; `keys_forgotten` counts those that were not full by then.',
    'Buckets are in memory, and full after a restart or a reload that changes this component. A missing field of `key` is null.',
  ].join('\n'),
  config: object({
    events: integer({ required: true, minimum: 1, description: 'How many events of a key pass per interval.' }),
    interval: duration({ default: '1s', description: 'The interval that `events` is counted in.' }),
    burst: integer({
      minimum: 1,
      description: 'How many events of a key pass at once after a pause; unset: as many as `events`.',
    }),
    key: list(fieldPath({ description: 'A field.' }), {
      default: [],
      description: 'The fields whose values are the key; without it all events have the same.',
      examples: [['kubernetes.namespace_name']],
    }),
    max_keys: integer({
      default: 100_000,
      minimum: 1,
      maximum: 16_000_000,
      description: 'Most keys that are remembered; each takes 200 bytes of memory or so.',
    }),
    on_excess: oneOf(['drop', 'dead_letter'], {
      default: 'drop',
      description: 'What becomes of an event that is one too many.',
    }),
    keep: string({
      minLength: 1,
      description:
        'A CEL condition: events for which it is true always pass and take no token. One that cannot be evaluated is taken as false and counted as `condition_error`.',
      examples: ['level == "ERROR"'],
    }),
  }),
  examples: [
    {
      title: 'Two events an hour of each service, and all errors',
      config: { events: 2, interval: '1h', key: ['service'], keep: 'level == "ERROR"' },
      input: [
        { service: 'shop', n: 1 },
        { service: 'shop', n: 2 },
        { service: 'shop', n: 3 },
        { service: 'mail', n: 4 },
        { service: 'shop', n: 5, level: 'ERROR' },
      ],
      output: [
        { service: 'shop', n: 1 },
        { service: 'shop', n: 2 },
        { service: 'mail', n: 4 },
        { service: 'shop', n: 5, level: 'ERROR' },
      ],
    },
    {
      title: 'Ten in a second after a pause, else one a minute; the rest is kept among the dead letters',
      config: { events: 1, interval: '1m', burst: 10, max_keys: 1000, on_excess: 'dead_letter' },
      input: [{ n: 1 }, { n: 2 }],
      output: [{ n: 1 }, { n: 2 }],
    },
  ],
  create({ config, context }) {
    if (config.interval <= 0) throw new ConfigError(['interval'], 'must be longer than 0');
    const burst = config.burst ?? config.events;
    const buckets = tokenBuckets({ perMs: config.events / config.interval, burst, maxKeys: config.max_keys });
    const keysOf = eventKeys(config.key);
    const keepOf = optionalCondition('keep', config.keep);
    const message = `more than ${config.events} events of its key came in ${config.interval / 1000} s`;
    return (batch) => {
      const now = performance.now();
      const keep = keepOf(batch);
      const keyOf = keysOf(batch);
      const kept: number[] = [];
      for (let i = 0; i < batch.length; i++) {
        if (keep.isTrue(i) || buckets.take(keyOf(i) ?? '', now)) kept.push(i);
        else if (config.on_excess === 'dead_letter') context.reject(i, 'throttled', message);
      }
      if (keep.failed > 0) context.countErrors('condition_error', keep.failed);
      buckets.tell(context);
      context.discardReason('throttled');
      return kept.length === batch.length ? batch : batch.select(kept);
    };
  },
});
