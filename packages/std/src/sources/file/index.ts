import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bytes,
  ConfigError,
  defineSource,
  duration,
  fieldPath,
  list,
  object,
  oneOf,
  type Path,
  PathError,
  path,
  string,
} from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { escapePath } from 'tinyglobby';
import { birthTimesHold } from './identity.ts';
import type { FileOptions } from './options.ts';
import { readFiles } from './session.ts';

/** Tails files: container logs and others, through rotation, truncation and restarts. */
export const fileSource = defineSource({
  type: 'file',
  summary:
    'Tail files: container logs and others, through rotation, truncation and restarts, without losing or repeating lines.',
  description: [
    'Each file is followed by what it is (inode and birth time), not by its name: after a rename it is read to its end, and the file that',
    'takes its place is a new one. A file that was truncated, or whose inode went to another file, is read from its start as a new one.',
    '',
    'Symlinks are followed. Files under `/var/log/pods` and `/var/log/containers` bring `kubernetes.namespace_name`,',
    '`kubernetes.pod_name`, `kubernetes.container_name`, `kubernetes.pod_id` and `docker.container_id` from their paths.',
    '',
    'With `run --once` the files are read to their ends; a last line without a newline counts as a line then. Otherwise it is read when it',
    'is complete, or when the file is gone. What this process writes itself (its output, its `data_dir`) is never read.',
  ].join('\n'),
  config: object({
    include: list(string({ minLength: 1, description: 'A pattern.' }), {
      required: true,
      minItems: 1,
      description:
        'Paths of files, with `*`, `**`, `?`, `[…]` and `{…}`; relative ones are relative to the configuration file.',
      examples: [['/var/log/containers/*_mirrord_mirrord-operator-*.log']],
    }),
    exclude: list(string({ minLength: 1, description: 'A pattern.' }), {
      default: ['/**/*.gz', '/**/*.zst', '/**/*.tmp'],
      description: 'Paths of files that are left out, written like those of `include`.',
    }),
    format: oneOf(['auto', 'docker', 'cri', 'ndjson', 'text'], {
      default: 'auto',
      description:
        'How lines are written; `auto` decides per file by its first complete line. A line that does not fit is kept as text in `log`, and counted.',
    }),
    max_event_bytes: bytes({
      default: '1MiB',
      description: 'Most bytes of one event’s content, partial lines merged; 4MiB at most.',
    }),
    oversize: oneOf(['truncate', 'dead_letter'], {
      default: 'truncate',
      description:
        'What becomes of longer ones: they are cut, or their beginning goes to the dead letters. Both are counted.',
    }),
    read_from: oneOf(['beginning', 'end'], {
      default: 'beginning',
      description:
        'Where reading begins in files that are there when the source runs for the first time; files that come later are read from their beginning.',
    }),
    scan_interval: duration({
      default: '1s',
      description: 'How often files are looked for and looked at, where the system does not tell of changes by itself.',
    }),
    path_field: fieldPath({
      description: 'Where to put the path of the file, such as `log_file.path`; left out unless set.',
    }),
  }),
  examples: [
    {
      title: 'The mirrord operator on a node',
      config: { include: ['/var/log/containers/*_mirrord_mirrord-operator-*.log'] },
    },
    {
      title: 'JSON lines of a program, only what is written from now on',
      config: { include: ['/var/log/app/*.json'], format: 'ndjson', read_from: 'end', path_field: 'log_file.path' },
    },
  ],
  create({ config, context }) {
    const maxEventBytes = config.max_event_bytes;
    if (maxEventBytes < 1 || maxEventBytes > MAX_EVENT_BYTES) {
      throw new ConfigError(['max_event_bytes'], `must be from 1 byte to 4MiB, is ${maxEventBytes} bytes`);
    }
    const options: FileOptions = {
      include: config.include.map((pattern) => context.resolvePath(pattern)),
      exclude: config.exclude.map((pattern) => context.resolvePath(pattern)),
      format: config.format,
      maxEventBytes,
      oversize: config.oversize,
      readFrom: config.read_from,
      scanIntervalMs: config.scan_interval,
      pathField: pathFieldOf(config.path_field),
    };
    return {
      async run(io) {
        const births = await birthTimesHold(join(context.dataDir, context.componentId));
        // Also under its real path: a pattern can come by either.
        const own = [context.dataDir, await realpath(context.dataDir)].map((folder) => `${escapePath(folder)}/**`);
        await readFiles({ options: { ...options, exclude: [...options.exclude, ...own] }, context, io, births });
      },
    };
  },
});

/** Fields that each event has from elsewhere; a path may not take their place. */
const TAKEN = ['@timestamp', 'stream', 'log'];

function pathFieldOf(text: string | undefined): Path | null {
  if (text === undefined) return null;
  const field = compile(text);
  const [first] = field.steps;
  if (field.steps.some((step) => typeof step === 'number')) {
    throw new ConfigError(['path_field'], 'must name object members only, without array indices');
  }
  if (TAKEN.includes(String(first))) throw new ConfigError(['path_field'], `must not replace ${String(first)}`);
  return field;
}

function compile(text: string): Path {
  try {
    return path(text);
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(['path_field'], error.message);
    throw error;
  }
}
