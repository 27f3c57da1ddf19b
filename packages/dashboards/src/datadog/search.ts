import type { Condition } from '../model.ts';

/** Says why something cannot be shown; it throws. */
export type Refuse = (reason: string) => never;

// docs.datadoghq.com/logs/explorer/search_syntax, “Escape special characters and spaces”
const SPECIAL = /[-+=&|><!(){}[\]^"“”~*?:\\#\s]/g;

/** Attributes that Datadog keeps beside the others, without `@`, as the sink `datadog_logs` fills them. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['service', 'service'],
  ['host', 'host'],
  ['hostname', 'host'],
]);
const UNSEARCHABLE: ReadonlyMap<string, string> = new Map([
  ['@timestamp', 'times of logs can only be chosen for the whole dashboard'],
  ['timestamp', 'times of logs can only be chosen for the whole dashboard'],
  ['message', 'a log’s `message` is its text, which is neither a facet nor compared as a whole'],
  ['status', 'a log’s `status` is its severity there, and a member of this name may have been renamed'],
]);

/** The name by which logs are searched and grouped by a field: `@fields.session_id`. */
export function searchName(field: string, refuse: Refuse): string {
  const reserved = RESERVED.get(field);
  if (reserved !== undefined) return reserved;
  const why = UNSEARCHABLE.get(field);
  return why === undefined ? `@${escaped(field, refuse)}` : refuse(`\`${field}\` cannot be asked for: ${why}`);
}

/** A condition in Datadog's search for logs; terms with a space between them hold together. */
export function searchText(condition: Condition, nameOf: (field: string) => string, refuse: Refuse): string {
  const name = nameOf(condition.field);
  if ('exists' in condition) return `${condition.exists ? '' : '-'}${name}:*`;
  if ('is' in condition) return `${name}:${anyOf(condition.is, refuse)}`;
  if ('isNot' in condition) return `-${name}:${anyOf(condition.isNot, refuse)}`;
  if ('startsWith' in condition) return `${name}:${escaped(condition.startsWith, refuse)}*`;
  if ('startsNotWith' in condition) return `-${name}:${escaped(condition.startsNotWith, refuse)}*`;
  if ('atLeast' in condition) return `${name}:>=${plainNumber(condition.atLeast, refuse)}`;
  return `${name}:<${plainNumber(condition.below, refuse)}`;
}

type Values = Extract<Condition, { readonly is: unknown }>['is'];

function anyOf(values: Values, refuse: Refuse): string {
  if (typeof values !== 'object') return oneValue(values, refuse);
  const [first, ...more] = values;
  if (first === undefined) return refuse('a condition without values holds for nothing');
  if (more.length === 0) return oneValue(first, refuse);
  return `(${values.map((value) => oneValue(value, refuse)).join(' OR ')})`;
}

function oneValue(value: string | number | boolean, refuse: Refuse): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value, refuse);
  return value < 0 ? `"${plainNumber(value, refuse)}"` : plainNumber(value, refuse);
}

/** A value in double quotes, where only they and the backslash are special. */
function quoted(value: string, refuse: Refuse): string {
  if (value === '') return refuse('an empty text cannot be searched for');
  return `"${withoutVariables(value, refuse).replace(/["\\]/g, '\\$&')}"`;
}

/** A text outside of quotes: each special character has a backslash in front. */
function escaped(text: string, refuse: Refuse): string {
  if (text === '') return refuse('an empty text cannot be searched for');
  return withoutVariables(text, refuse).replace(SPECIAL, '\\$&');
}

/** A dollar sign begins a template variable wherever it stands, and nothing escapes it. */
function withoutVariables(text: string, refuse: Refuse): string {
  return text.includes('$') ? refuse(`the dollar sign in \`${text}\` would be read as a template variable`) : text;
}

function plainNumber(value: number, refuse: Refuse): string {
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : refuse(`the number ${text} cannot be written without an exponent`);
}
