import type { Target } from './model.ts';
import type { FieldUse } from './reads.ts';

type Kind = 'keyword' | 'text' | 'ip' | 'number' | 'boolean' | 'date' | 'other';

/** Types of field files and of Elasticsearch mappings (elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types). */
const KINDS: Readonly<Record<string, Kind>> = {
  keyword: 'keyword',
  constant_keyword: 'keyword',
  wildcard: 'keyword',
  text: 'text',
  match_only_text: 'text',
  ip: 'ip',
  long: 'number',
  integer: 'number',
  short: 'number',
  byte: 'number',
  unsigned_long: 'number',
  double: 'number',
  float: 'number',
  half_float: 'number',
  scaled_float: 'number',
  boolean: 'boolean',
  date: 'date',
  date_nanos: 'date',
};

const NEEDS: Readonly<Record<Exclude<FieldUse, 'exists' | 'shown'>, readonly Kind[]>> = {
  equals_text: ['keyword', 'ip'],
  equals_number: ['number'],
  equals_flag: ['boolean'],
  begins_with: ['keyword'],
  range: ['number'],
  groups: ['keyword', 'ip', 'number', 'boolean'],
  distinct: ['keyword', 'ip', 'number', 'boolean', 'date'],
  calculation: ['number'],
  time: ['date'],
  choice: ['keyword', 'ip', 'boolean'],
};

/** Whether a field of this type, of a field file or of an Elasticsearch mapping, gives a panel on this target what it needs. */
export function suits(type: string, use: FieldUse, target: Target): boolean {
  if (use === 'exists' || use === 'shown') return true;
  const kind = KINDS[type] ?? 'other';
  // Elasticsearch cuts `text` into words; Datadog and the local store know only whole texts.
  const isWhole = kind === 'text' && (target === 'datadog' || target === 'local');
  return NEEDS[use].includes(isWhole ? 'keyword' : kind);
}

/** Types that would do, for a message: `keyword, ip`. */
export function typesThatSuit(use: FieldUse, target: Target): string[] {
  return Object.keys(KINDS).filter((type) => suits(type, use, target));
}
