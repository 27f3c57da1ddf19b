import {
  ConfigError,
  defineTransform,
  duration,
  fieldPath,
  integer,
  type LogBatch,
  list,
  object,
} from '@tailrace/core';
import { eventKeys } from './event-key.ts';
import { recentKeys } from './recent-keys.ts';

/** The event that passed with a key. */
interface Passed {
  readonly id: string;
  /** By the time of the event, since 1970. */
  readonly milliseconds: number;
}

/** Most events that are remembered of a key: what is read at once may be far apart in time, such as what is live and a backlog. */
const MOST_PASSED = 4;

/** Lets the first of the events with the same values of some fields through, and drops those that follow within a window. */
export const dedupe = defineTransform({
  type: 'dedupe',
  summary: 'Drop events that have the same values of some fields as one that passed within a window before.',
  description: [
    'The first event passes at once; nothing is held back. One that has the same values (`1` and `1.0` are the same, and so are objects with',
    'their keys in another order) less than `window` apart by the time of the events is discarded with the reason `duplicate`, however many',
    'there are; the window counts from the event that passed, so that a message that never ends comes once per window. Of an event that',
    'brings no time, the time of its reading counts. A missing field is null; an event that has none of the fields passes.',
    '',
    'Streams that are read at once may be far apart in time, such as a live file and a backlog: of each key it remembers the newest event that',
    'passed and three others. Where more than four streams with the same key are more than a window apart, a duplicate may pass.',
    '',
    'It remembers `max_keys` keys and forgets the oldest first, which `keys_forgotten` counts where the window was not over: then a duplicate',
    'may pass. What is remembered is in memory: after a restart, or a reload that changes this component, the first event of each key passes',
    'anew. An event that a source sends once more (after an outage, or a reload of the source) is no duplicate of itself: it passes if it',
    'passed before.',
  ].join('\n'),
  config: object({
    fields: list(fieldPath({ description: 'A field.' }), {
      required: true,
      minItems: 1,
      description: 'The fields whose values make events duplicates of each other.',
      examples: [['level', 'message']],
    }),
    window: duration({
      default: '1m',
      description: 'How far apart duplicates are at most, by the time of the events.',
    }),
    max_keys: integer({
      default: 100_000,
      minimum: 1,
      maximum: 16_000_000,
      description:
        'Most keys that are remembered; each takes 300 bytes of memory or so, and 800 where four events of it are remembered.',
    }),
  }),
  examples: [
    {
      title: 'An error that is repeated comes once in five minutes',
      config: { fields: ['level', 'message'], window: '5m', max_keys: 1000 },
      input: [
        { '@timestamp': '2026-01-01T10:00:00Z', level: 'ERROR', message: 'disk full' },
        { '@timestamp': '2026-01-01T10:00:01Z', level: 'ERROR', message: 'disk full' },
        { '@timestamp': '2026-01-01T10:00:02Z', level: 'WARN', message: 'disk full' },
        { '@timestamp': '2026-01-01T10:05:00Z', level: 'ERROR', message: 'disk full' },
      ],
      output: [
        { '@timestamp': '2026-01-01T10:00:00Z', level: 'ERROR', message: 'disk full' },
        { '@timestamp': '2026-01-01T10:00:02Z', level: 'WARN', message: 'disk full' },
        { '@timestamp': '2026-01-01T10:05:00Z', level: 'ERROR', message: 'disk full' },
      ],
    },
  ],
  create({ config, context }) {
    if (config.window <= 0) throw new ConfigError(['window'], 'must be longer than 0');
    const keysOf = eventKeys(config.fields);
    const isWithin = ({ milliseconds: then }: Passed, now: number): boolean => Math.abs(now - then) < config.window;
    const lastWithin = (all: readonly Passed[], now: number): Passed | undefined => {
      for (let k = all.length - 1; k >= 0; k--) if (isWithin(all[k]!, now)) return all[k];
      return undefined;
    };
    /** Of all that passed: while a backlog is read, what is live goes on there. */
    let newest = -Infinity;
    const passed = recentKeys<Passed[]>(config.max_keys, (all, now) =>
      all.some((one) => isWithin(one, now) || isWithin(one, newest)),
    );
    /** Whether no other event with this key passed within the window; remembers it then. */
    const isFirst = (key: string, event: Passed): boolean => {
      const before = passed.get(key);
      const near = before && lastWithin(before, event.milliseconds);
      // An event that is read again is none other: what became of it is not known here.
      if (near) return near.id === event.id;
      passed.set(key, before ? withNext(before, event, config.window) : [event], event.milliseconds);
      newest = Math.max(newest, event.milliseconds);
      return true;
    };
    return (batch) => {
      const keyOf = keysOf(batch);
      const kept: number[] = [];
      for (let i = 0; i < batch.length; i++) {
        const key = keyOf(i);
        if (key === null || isFirst(key, { id: batch.id(i), milliseconds: milliseconds(batch, i) })) kept.push(i);
      }
      passed.tell(context);
      context.discardReason('duplicate');
      return kept.length === batch.length ? batch : batch.select(kept);
    };
  },
});

/** A key's events, in the order in which they passed, and one more; the one that matters least goes where there are too many. */
function withNext(passed: Passed[], event: Passed, window: number): Passed[] {
  // A push would make room for many more.
  if (passed.length < MOST_PASSED) return passed.concat(event);
  passed.splice(leastNeeded(passed, event.milliseconds, window), 1);
  passed.push(event);
  return passed;
}

/** Index of the event that matters least when one at `now` passes. */
function leastNeeded(passed: readonly Passed[], now: number, window: number): number {
  // What comes steadily needs only its last one.
  const last = passed.findIndex(({ milliseconds: then }) => then < now && now - then < 2 * window);
  if (last >= 0) return last;
  // The newest stays: a backlog goes through many windows before the next live event comes.
  const newest = Math.max(now, ...passed.map((one) => one.milliseconds));
  return passed.findIndex((one) => one.milliseconds < newest);
}

function milliseconds({ columns }: LogBatch, i: number): number {
  return columns.seconds[i]! * 1000 + columns.nanos[i]! / 1e6;
}
