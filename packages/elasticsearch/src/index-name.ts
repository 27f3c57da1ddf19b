import { ConfigError, type Path, PathError, path } from '@tailrace/core';
import { type DatePattern, datePattern, isDatePattern } from './dates.ts';
import type { ElasticsearchConfig } from './options.ts';

/** A piece of an index name: text as it stands, the date of the event, or the value of a field. */
export type NamePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'date'; readonly date: DatePattern }
  | { readonly kind: 'field'; readonly path: Path };

/** Where events go: the parts of the index name, and what the index template has to match. */
export interface IndexTarget {
  readonly parts: readonly NamePart[];
  readonly dataStream: boolean;
  /** The index name with `*` for what varies. */
  readonly pattern: string;
}

const MAX_NAME_BYTES = 255;
// Elasticsearch: MetadataCreateIndexService.validateIndexOrAliasName, Strings.INVALID_FILENAME_CHARS.
const ILLEGAL = /[\\/*?"<>| ,#:\p{Cc}]/u;
const ALL_ILLEGAL = new RegExp(ILLEGAL.source, 'gu');
/** How other programs write dates; as a field path it would always be the fallback. */
const FOREIGN_DATE = /%[A-Za-z]|^y{2,4}\b/i;
const PLACEHOLDER = /\{\{(.*?)\}\}/g;

/** Reads which index the options choose; throws {@link ConfigError} for two choices, and for names Elasticsearch would refuse. */
export function indexTarget(config: ElasticsearchConfig): IndexTarget {
  const chosen = (['logstash_format', 'data_stream', 'index'] as const).filter((key) => config[key] !== undefined);
  if (chosen.length > 1) {
    throw new ConfigError([chosen[1]!], `cannot stand beside \`${chosen[0]}\`: both say which index is written to`);
  }
  if (config.index !== undefined) return targetOf(['index'], templateParts(config.index), false);
  if (config.data_stream !== undefined) {
    const stream = config.data_stream;
    const name = typeof stream === 'string' ? stream : `${stream.type}-${stream.dataset}-${stream.namespace}`;
    return targetOf(['data_stream'], [{ kind: 'text', text: name }], true);
  }
  return logstashTarget(config.logstash_format ?? { prefix: 'logstash', separator: '-', date: 'YYYY.MM.DD' });
}

function logstashTarget({ prefix, separator, date }: { prefix: string; separator: string; date: string }): IndexTarget {
  if (!isDatePattern(date)) {
    throw new ConfigError(
      ['logstash_format', 'date'],
      `must be made of YYYY, MM, DD, HH, GGGG and WW, such as YYYY.MM.DD, is ${JSON.stringify(date)}`,
    );
  }
  const parts: NamePart[] = [
    { kind: 'text', text: prefix + separator },
    { kind: 'date', date: datePattern(date) },
  ];
  checkText(['logstash_format', 'date'], datePattern(date).print(0), false);
  return targetOf(['logstash_format', 'prefix'], parts, false);
}

function targetOf(at: readonly string[], parts: readonly NamePart[], dataStream: boolean): IndexTarget {
  for (const [i, part] of parts.entries()) if (part.kind === 'text') checkText(at, part.text, i === 0);
  const pattern = parts.map((part) => (part.kind === 'text' ? part.text : '*')).join('');
  return { parts, dataStream, pattern: pattern.replace(/\*{2,}/g, '*') };
}

/** Cuts `logs-{{ kubernetes.namespace_name }}-{{ YYYY.MM.DD }}` into its parts. */
function templateParts(template: string): NamePart[] {
  const parts: NamePart[] = [];
  let at = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > at) parts.push({ kind: 'text', text: template.slice(at, match.index) });
    parts.push(placeholder(match[1]!.trim()));
    at = match.index + match[0].length;
  }
  if (at < template.length) parts.push({ kind: 'text', text: template.slice(at) });
  return parts;
}

function placeholder(text: string): NamePart {
  if (isDatePattern(text)) {
    checkText(['index'], datePattern(text).print(0), false);
    return { kind: 'date', date: datePattern(text) };
  }
  if (FOREIGN_DATE.test(text)) {
    throw new ConfigError(['index'], `{{ ${text} }} is no date: write it with YYYY, MM, DD, HH, or GGGG and WW`);
  }
  try {
    return { kind: 'field', path: path(text) };
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new ConfigError(
      ['index'],
      `{{ ${text} }} is neither a date such as YYYY.MM.DD nor a field: ${error.message}`,
    );
  }
}

/** What a person wrote is refused, not mended: it would go to an index with another name than the one that is read. */
function checkText(at: readonly string[], text: string, first: boolean): void {
  const name = JSON.stringify(text);
  const illegal = ILLEGAL.exec(text);
  if (illegal)
    throw new ConfigError(at, `${name} cannot stand in an index name: it holds ${JSON.stringify(illegal[0])}`);
  if (/[{}]/.test(text)) throw new ConfigError(at, `${name} holds a brace that belongs to no {{ … }}`);
  if (text !== text.toLowerCase())
    throw new ConfigError(at, `${name} cannot stand in an index name: write it in lower case`);
  if (first && /^[-_+]|^\.{1,2}$/.test(text)) {
    throw new ConfigError(at, `an index name cannot begin with ${JSON.stringify(text[0])}, as ${name} does`);
  }
  if (Buffer.byteLength(text) > MAX_NAME_BYTES) throw new ConfigError(at, `is longer than ${MAX_NAME_BYTES} bytes`);
}

/** A value from an event as it may stand in an index name: lower case, `_` for what Elasticsearch refuses. */
export function legalValue(value: string): string {
  return value.toWellFormed().toLowerCase().replace(ALL_ILLEGAL, '_');
}

/** A whole name made legal: no refused first character, at most 255 bytes. */
export function legalName(name: string): string {
  const begun = /^[-_+]|^\.{1,2}$/.test(name) ? `x${name}` : name;
  if (Buffer.byteLength(begun) <= MAX_NAME_BYTES) return begun;
  const cut = Buffer.from(begun).subarray(0, MAX_NAME_BYTES).toString();
  return cut.replace(/\ufffd+$/, '');
}
