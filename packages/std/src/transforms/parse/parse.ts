import {
  ConfigError,
  defineTransform,
  type ErrorCode,
  type LogBatch,
  path,
  printPath,
  type TransformContext,
} from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { examples } from './examples.ts';
import { lineParser } from './format.ts';
import { GROK_PATTERNS } from './formats/grok-patterns.ts';
import { keysOf } from './formats/regex.ts';
import type { Misfit } from './line.ts';
import { lineTime } from './line-time.ts';
import { type ParseOptions, parseOptions } from './options.ts';
import { batchParser, type Parsed } from './run.ts';

/** Reads lines that are no JSON: patterns, pairs, CSV, syslog, klog and access logs. */
export const parse = defineTransform({
  type: 'parse',
  summary: 'Read a line of text and lift what it says into the event: patterns, pairs, CSV, syslog, klog, access logs.',
  description: [
    'Texts become texts, and numbers only where the format says so (`status`, `bytes`, `pid`, `line`): declare types in a field file and',
    'let `fields` follow. Names in `patterns` and `columns` are field paths: `client.ip` is the member `ip` of `client`. Events without the',
    'field, or with one that is no text, pass untouched. A line end behind the text does not count.',
    '',
    '| format | what it finds |',
    '|---|---|',
    '| `regex` | the named groups of the first pattern that matches |',
    '| `grok` | the same, with names for patterns; `:int` and `:float` make numbers |',
    '| `logfmt` | `key=value key="a value"` |',
    '| `key_value` | pairs with separators and quotes of your choice |',
    '| `csv` | one record (RFC 4180) by its `columns`; a value that is empty and not quoted is left out |',
    '| `syslog` | `facility`, `severity`, `hostname`, `appname`, `procid`, `message`, of RFC 5424 also `msgid` and `structured_data` |',
    '| `klog` | `severity`, `pid`, `file`, `line`, `message` (Kubernetes’ own programs) |',
    '| `combined` | `client`, `ident`, `user`, `method`, `path`, `protocol`, `status`, `bytes`, `referer`, `agent` (Apache, nginx) |',
    '',
    'The time of a `syslog`, `klog` or `combined` line becomes `@timestamp`; one that cannot be read stays as `timestamp` and is counted',
    'as `value_unfit`. Of `syslog` both RFC 3164 and RFC 5424 are read, with or without a priority.',
    '',
    'Regular expressions are JavaScript’s, with `(?i)`, `(?s)`, `(?m)`, `(?P<name>…)`, `\\A`, `\\z`, `\\p{L}`, `[[:alpha:]]` besides, and `.`',
    'for any character but a line feed. Look-around, references to earlier groups, atomic groups and possessive repeats are refused: no',
    'text can then make a pattern hang. Unicode properties and counted repeats above 16 (`\\p{L}`, `x{1,50}`) run on a slower engine, and',
    'so do texts of more than 16,384 characters. [More about patterns, times and formats one after the other](../../parse.md).',
    '',
    `Names that \`grok\` knows: ${Object.keys(GROK_PATTERNS)
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
  ].join('\n'),
  config: parseOptions,
  examples,
  create({ config, context }) {
    const run = batchParser(parsingOf(config));
    const errorField = config.error_field === undefined ? null : pathOf(config.error_field, 'error_field');
    return (batch) => {
      const parsed = run(batch);
      report(parsed, context);
      if (parsed.misfits.size === 0) return parsed.batch;
      if (config.on_error !== 'keep') return without(parsed, config, context);
      if (errorField) for (const [i, { message }] of parsed.misfits) parsed.batch.set(i, errorField, message);
      return parsed.batch;
    };
  },
});

function parsingOf(config: ParseOptions) {
  const keys = keysOf(config.field, ['field']);
  if (config.max_bytes < 1 || config.max_bytes > MAX_EVENT_BYTES)
    throw new ConfigError(['max_bytes'], `must be from 1 byte to 4MiB (${MAX_EVENT_BYTES}), is ${config.max_bytes}`);
  return {
    field: path(config.field),
    keys,
    way: keys.map((_, k) => path(printPath(keys.slice(0, k + 1)))),
    parse: lineParser(config),
    takeTime: lineTime(config),
    into: config.into === 'root' ? null : keysOf(config.into, ['into']),
    policy: {
      onConflict: config.on_conflict,
      protect: new Set(config.on_conflict === 'inner_wins' ? config.protect : []),
      prefix: `${keys.at(-1)}_`,
    },
    keepsText: config.keep_original === 'always',
    keepsMisfits: config.keep_original !== 'never' || config.on_error !== 'keep',
    maxBytes: config.max_bytes,
  };
}

function pathOf(text: string, option: string) {
  keysOf(text, [option]);
  return path(text);
}

function report({ misfits, timeless }: Parsed, context: TransformContext): void {
  const counts = new Map<ErrorCode, number>();
  for (const { code } of misfits.values()) counts.set(code, (counts.get(code) ?? 0) + 1);
  if (timeless > 0) counts.set('value_unfit', timeless);
  for (const [code, count] of counts) context.countErrors(code, count);
}

/** The events whose text has the format; the others go to the dead letters, or are dropped. */
function without({ batch, misfits }: Parsed, config: ParseOptions, context: TransformContext): LogBatch {
  const kept: number[] = [];
  for (let i = 0; i < batch.length; i++) {
    const misfit: Misfit | undefined = misfits.get(i);
    if (!misfit) kept.push(i);
    else if (config.on_error === 'dead_letter') context.reject(i, misfit.code, `${config.field}: ${misfit.message}`);
  }
  if (config.on_error === 'drop') context.discardReason('not_parsed');
  return batch.select(kept);
}
