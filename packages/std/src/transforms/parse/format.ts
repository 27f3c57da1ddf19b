import { ConfigError } from '@tailrace/core';
import { COMBINED_TIMES, combinedFormat } from './formats/combined.ts';
import { csvFormat } from './formats/csv.ts';
import { grokFormat } from './formats/grok.ts';
import { KLOG_TIMES, klogFormat } from './formats/klog.ts';
import { pairsFormat } from './formats/pairs.ts';
import { keysOf, regexFormat } from './formats/regex.ts';
import { SYSLOG_TIMES, syslogFormat } from './formats/syslog.ts';
import type { ParseLine } from './line.ts';
import type { ParseOptions } from './options.ts';

/** What a format is made of. */
interface FormatEntry {
  /** The options that only some formats know, of those the ones that this one knows. */
  readonly options: readonly (keyof ParseOptions)[];
  /** How its lines tell the time in `timestamp`. */
  readonly times?: readonly string[];
  create(options: ParseOptions): ParseLine;
}

const FORMATS: Readonly<Record<ParseOptions['format'], FormatEntry>> = {
  regex: {
    options: ['patterns'],
    create: ({ patterns }) => regexFormat(needed(patterns, 'patterns', 'regex')),
  },
  grok: {
    options: ['patterns', 'definitions'],
    create: ({ patterns, definitions }) => grokFormat(needed(patterns, 'patterns', 'grok'), definitions ?? {}),
  },
  logfmt: {
    options: ['bare_words'],
    create: (options) => pairs(options, { between: ' ', equals: '=', quotes: '"' }),
  },
  key_value: {
    options: ['bare_words', 'pair_separator', 'key_separator', 'quotes'],
    create: (options) =>
      pairs(options, {
        between: options.pair_separator ?? ' ',
        equals: options.key_separator ?? '=',
        quotes: options.quotes ?? '"',
      }),
  },
  csv: { options: ['columns', 'delimiter', 'quotes'], create: csv },
  syslog: { options: [], times: SYSLOG_TIMES, create: ({ max_fields }) => syslogFormat(max_fields) },
  klog: { options: [], times: KLOG_TIMES, create: () => klogFormat },
  combined: { options: [], times: COMBINED_TIMES, create: () => combinedFormat },
};

/** The formats that tell a time of their own, and how they write it; `null`: the format does not. */
export function timesOf(format: ParseOptions['format']): readonly string[] | null {
  return FORMATS[format].times ?? null;
}

/** What parses lines of a format. Throws a {@link ConfigError}. */
export function lineParser(options: ParseOptions): ParseLine {
  const { format } = options;
  const special = new Set(Object.values(FORMATS).flatMap((entry) => entry.options));
  for (const name of special) {
    if (options[name] === undefined || FORMATS[format].options.includes(name)) continue;
    const knowing = Object.entries(FORMATS).flatMap(([key, entry]) => (entry.options.includes(name) ? [key] : []));
    throw new ConfigError([name], `does nothing for the format ${format}: it belongs to ${knowing.join(' and ')}`);
  }
  return FORMATS[format].create(options);
}

function needed<T>(value: T | undefined, name: string, format: string): T {
  if (value !== undefined) return value;
  throw new ConfigError([], `the format ${format} needs "${name}"`);
}

function pairs(
  { bare_words, max_fields }: ParseOptions,
  how: { between: string; equals: string; quotes: string },
): ParseLine {
  if (how.between === how.equals) throw new ConfigError(['key_separator'], 'must not be that between the pairs too');
  return pairsFormat({ ...how, bareWords: bare_words ?? 'member', maxFields: max_fields });
}

function csv({ columns, delimiter = ',', quotes = '"' }: ParseOptions): ParseLine {
  if (quotes.length !== 1) throw new ConfigError(['quotes'], `must be one character for the format csv, is ${quotes}`);
  if (delimiter.includes(quotes)) throw new ConfigError(['delimiter'], 'must not hold the quote');
  const ways = needed(columns, 'columns', 'csv').map((name, k) => (name === '-' ? null : keysOf(name, ['columns', k])));
  return csvFormat({ columns: ways, delimiter, quote: quotes });
}
