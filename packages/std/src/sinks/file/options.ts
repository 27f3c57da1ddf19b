import { boolean, bytes, ConfigError, duration, type Infer, integer, object, oneOf, string } from '@tailrace/core';

/** The options as they are written. */
export const config = object({
  path: string({
    required: true,
    minLength: 1,
    description:
      'The file, relative to the pipeline file. {{ YYYY-MM-DD }}, also with HH and mm, is the event’s time in UTC; {{ a.path }} is the text of a member.',
    examples: ['out/{{ YYYY-MM-DD }}/{{ kubernetes.namespace_name }}.ndjson'],
  }),
  rotate: object(
    {
      max_bytes: bytes({
        description:
          'A file that would become larger is rotated first; only a line that alone is larger makes a larger file. At least 1KB.',
        examples: ['100MB'],
      }),
      max_age: duration({
        description: 'A file is rotated when it is that old, also when nothing more comes for it. At least 1s.',
        examples: ['1h'],
      }),
      keep: integer({
        minimum: 1,
        maximum: 100_000,
        description: 'How many rotated files of one path are kept; older ones are deleted. Unless set, all are.',
        examples: [10],
      }),
      gzip: boolean({ default: false, description: 'Compress rotated files, in the background.' }),
    },
    {
      description:
        'When a file is renamed to its name with the time behind it, such as `events.ndjson.20261121T133700.250Z`, and a new one begun.',
    },
  ),
  fsync: oneOf(['never', 'interval', 'batch'], {
    default: 'never',
    description:
      'When lines count as delivered: as soon as the operating system has them (`never`), or when they are on the disk, which is waited for after each batch (`batch`) or for all of an interval at once (`interval`).',
  }),
  fsync_interval: duration({
    default: '1s',
    description: 'How long lines wait for company at most with `fsync: interval`; from 10ms to 10s.',
  }),
  max_open_files: integer({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: 'Most files that are kept open; the one that was not used for longest is closed.',
  }),
});

/** The resolved options. */
export type FileConfig = Infer<typeof config>;

/** When files are rotated, and what becomes of them then. */
export interface Rotation {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** How many are kept. */
  readonly keep: number;
  readonly gzip: boolean;
}

const LEAST_BYTES = 1000;
const LEAST_AGE_MS = 1000;

/** The rotation that is asked for; `null`: none. Throws a {@link ConfigError} where it makes no sense. */
export function rotationOf({ rotate }: FileConfig): Rotation | null {
  const { max_bytes, max_age, keep, gzip } = rotate;
  if (max_bytes === undefined && max_age === undefined) {
    if (keep === undefined && !gzip) return null;
    throw new ConfigError(['rotate'], 'needs `max_bytes` or `max_age`, which say when a file is rotated');
  }
  if (max_bytes !== undefined && max_bytes < LEAST_BYTES) {
    throw new ConfigError(['rotate', 'max_bytes'], `must be at least 1KB, is ${max_bytes} bytes`);
  }
  if (max_age !== undefined && max_age < LEAST_AGE_MS) {
    throw new ConfigError(['rotate', 'max_age'], `must be at least 1s, is ${max_age}ms`);
  }
  const [maxBytes, maxAgeMs] = [max_bytes ?? Number.POSITIVE_INFINITY, max_age ?? Number.POSITIVE_INFINITY];
  return { maxBytes, maxAgeMs, keep: keep ?? Number.POSITIVE_INFINITY, gzip };
}

const [SHORTEST_MS, LONGEST_MS] = [10, 10_000];

/** How long lines wait for fsync together, in milliseconds; 0: not at all; `null`: fsync is not waited for. */
export function syncDelayOf({ fsync, fsync_interval }: FileConfig): number | null {
  if (fsync_interval < SHORTEST_MS || fsync_interval > LONGEST_MS) {
    throw new ConfigError(['fsync_interval'], `must be from 10ms to 10s, is ${fsync_interval}ms`);
  }
  if (fsync === 'never') return null;
  return fsync === 'batch' ? 0 : fsync_interval;
}
