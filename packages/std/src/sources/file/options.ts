import {
  bytes,
  ConfigError,
  duration,
  fieldPath,
  type Infer,
  list,
  object,
  oneOf,
  type Path,
  PathError,
  path,
  type SourceContext,
  type SourceIo,
  string,
} from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { type Multiline, multilineOptions, prepareMultiline } from '../../multiline/options.ts';
import { REST_MS } from './alarm.ts';
import type { Encoding } from './encoding.ts';
import type { Patterns } from './find.ts';
import type { FileFormat } from './framing.ts';

/** The options as they are written. */
export const config = object({
  include: list(string({ minLength: 1, description: 'A pattern.' }), {
    required: true,
    minItems: 1,
    description:
      'Paths of files, with `*`, `**`, `?`, `[…]` and `{…}`; relative ones are relative to the configuration file.',
    examples: [['/var/log/containers/*_mirrord_mirrord-operator-*.log']],
  }),
  exclude: list(string({ minLength: 1, description: 'A pattern.' }), {
    description:
      'Paths of files that are left out, written like those of `include`; unless set, `/**/*.gz`, `/**/*.zst` and `/**/*.tmp`, but a pattern of `include` that ends in `.gz` finds its files all the same.',
    examples: [['/var/log/app/debug*.log']],
  }),
  format: oneOf(['auto', 'docker', 'cri', 'ndjson', 'text', 'json'], {
    default: 'auto',
    description:
      'How lines are written; `auto` decides per file by its first line: when it is complete, or by its beginning when it is longer than an event may be. A line that does not fit is kept as text in `log`, and counted. `json` has no lines: documents over any number of them, side by side, or the items of arrays at the root.',
  }),
  encoding: oneOf(['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'shift_jis'], {
    default: 'utf-8',
    description:
      'How the text of the files is encoded; a byte order mark decides between the two of UTF-16. What means nothing is replaced by U+FFFD, and counted.',
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
    description:
      'How often files are looked for and looked at, where the system does not tell of changes by itself; at least 100ms.',
  }),
  multiline: object(multilineOptions, {
    description:
      'Joins lines into one event, such as stack traces; off unless it has presets or a pattern (docs/multiline.md).',
  }),
  path_field: fieldPath({
    description:
      'Where to put the path of the file, such as `log_file.path`; left out unless set. Beside it an object that the line has there keeps its members; what is no object is replaced.',
  }),
});

/** The source's options, prepared. */
export interface FileOptions {
  /** Absolute. */
  readonly patterns: readonly Patterns[];
  readonly format: FileFormat | 'auto';
  readonly encoding: Encoding | 'utf-8';
  readonly maxEventBytes: number;
  readonly oversize: 'truncate' | 'dead_letter';
  readonly readFrom: 'beginning' | 'end';
  readonly scanIntervalMs: number;
  /** A file that is gone is read until it gave nothing for this long, in milliseconds. */
  readonly graceMs: number;
  /** Whether the system is asked to tell of changes; files are looked at from time to time all the same. */
  readonly watches: boolean;
  readonly pathField: Path | null;
  /** How lines become events of several lines. */
  readonly multiline: Multiline | null;
}

/** What the parts of a running source share. */
export interface Run {
  readonly options: FileOptions;
  readonly context: SourceContext;
  readonly io: SourceIo;
  /** Whether birth times can be trusted. */
  readonly births: boolean;
}

/** Prepares the options; throws a {@link ConfigError} where they make no sense. */
export function optionsOf(written: Infer<typeof config>, context: SourceContext): FileOptions {
  const maxEventBytes = written.max_event_bytes;
  if (maxEventBytes < 1 || maxEventBytes > MAX_EVENT_BYTES) {
    throw new ConfigError(['max_event_bytes'], `must be from 1 byte to 4MiB, is ${maxEventBytes} bytes`);
  }
  refuseUnread(written);
  return {
    patterns: patternsOf(written, context),
    format: written.format,
    encoding: written.encoding,
    maxEventBytes,
    oversize: written.oversize,
    readFrom: written.read_from,
    scanIntervalMs: Math.max(REST_MS, written.scan_interval),
    graceMs: GRACE_MS,
    watches: true,
    pathField: pathFieldOf(written.path_field),
    multiline: prepareMultiline(written.multiline, ['multiline']),
  };
}

const COMPRESSED = ['/**/*.gz'];
const NO_LOGS = ['/**/*.zst', '/**/*.tmp'];

function patternsOf({ include, exclude }: Infer<typeof config>, context: SourceContext): Patterns[] {
  const resolved = (patterns: readonly string[]) => patterns.map((pattern) => context.resolvePath(pattern));
  if (exclude) return [{ include: resolved(include), exclude: resolved(exclude) }];
  const [archives, others] = [true, false].map((ends) => include.filter((it) => it.endsWith('.gz') === ends));
  const all = [
    { include: resolved(archives!), exclude: NO_LOGS },
    { include: resolved(others!), exclude: [...COMPRESSED, ...NO_LOGS] },
  ];
  return all.filter((patterns) => patterns.include.length > 0);
}

/** Formats that are not written in this encoding, and settings that this format has no use for. */
function refuseUnread({ format, encoding, multiline }: Infer<typeof config>): void {
  if (encoding !== 'utf-8' && (format === 'docker' || format === 'cri')) {
    throw new ConfigError(['encoding'], `must be utf-8 with \`format: ${format}\`, which container runtimes write so`);
  }
  if (format === 'json' && prepareMultiline(multiline, ['multiline']) !== null) {
    throw new ConfigError(['multiline'], 'joins lines, and `format: json` has none: leave it out');
  }
}

/** Its writer may not know yet that the file was renamed: runtimes are told after the kubelet did it. */
const GRACE_MS = 5000;

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
