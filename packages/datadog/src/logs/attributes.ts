import { TYPE } from '@tailrace/kernel';
import { type Column, type ColumnSet, type Located, placesOf } from './columns.ts';
import type { DatadogLogsConfig } from './options.ts';
import { createTagging, MAX_TAGS_TEXT } from './tagging.ts';

/** A change to a member of the event itself, so that no key comes twice. */
export type OwnEdit =
  | { readonly kind: 'rename'; readonly column: Column; readonly key: string }
  | { readonly kind: 'replace'; readonly column: Column; readonly value: Buffer };

/** What events of one origin and severity share. */
export interface Part {
  /** The beginning of an entry: `,{"ddsource":"nginx","ddtags":"env:prod",`. */
  readonly members: Buffer;
  readonly edits: readonly OwnEdit[];
}

/** One reserved attribute, as configured. */
interface Attribute {
  readonly name: string;
  /** The event's own member of that name. */
  readonly own: Column;
  readonly fields: readonly Column[];
  readonly fixed: string | undefined;
  readonly otherwise: string | undefined;
}

type AttributeConfig = DatadogLogsConfig['service'];

/** The longest text, as it stands in the event, that is taken for an attribute. */
const MAX_TEXT = 1000;
const MAX_CACHED = 4096;
const OPENING = Buffer.from(',{');

/** Compiles one attribute's option. */
export function compileAttribute(set: ColumnSet, name: string, config: AttributeConfig): Attribute {
  const own = set.column(name, [name]);
  if (typeof config === 'string') return { name, own, fields: [], fixed: config, otherwise: undefined };
  const fields = set.columns(config.fields, [name, 'fields']);
  return { name, own, fields, fixed: undefined, otherwise: config.otherwise };
}

/** The event's own member of a reserved name gives way to the value that was found for it. */
export function renameOwn(own: Column): OwnEdit {
  return { kind: 'rename', column: own, key: `event_${own.steps[0]}` };
}

/**
 * Makes the function that says what is put in front of an event; `fit`  agree in what is read for it share it.
 */
export function createParts(set: ColumnSet, config: DatadogLogsConfig): (located: Located, i: number) => Part {
  const attributes = (['ddsource', 'service', 'hostname'] as const).map((name) =>
    compileAttribute(set, name, config[name]),
  );
  const tagging = createTagging(set, config);
  const origin = (located: Located, i: number): Part => {
    const edits: OwnEdit[] = [];
    let members = attributes.map((attribute) => memberFor(attribute, located, i, null, edits)).join('');
    const tags = tagging.of(located, i);
    if (tags.edit) edits.push(tags.edit);
    if (tags.member !== '') members += `"ddtags":${tags.member},`;
    return { members: Buffer.from(members), edits };
  };
  const status = compileAttribute(set, 'status', config.status);
  const number = set.column(config.severity_number, ['severity_number']);
  const severity = (located: Located, i: number): Part => {
    const edits: OwnEdit[] = [];
    return { members: Buffer.from(memberFor(status, located, i, number, edits)), edits };
  };
  const ownAndFields = attributes.flatMap(({ own, fields }) => [own, ...fields]);
  const originOf = shared([...ownAndFields, ...tagging.columns], origin);
  const statusOf = shared([status.own, ...status.fields, number], severity);
  const joined = joiner();
  return (located, i) => joined(originOf(located, i), statusOf(located, i));
}

/** Origins mostly stay the same from one event to the next and severities do not, so both are looked for alone and joined once. */
function joiner(): (origin: Part, status: Part) => Part {
  const known = new WeakMap<Part, Map<Part, Part>>();
  let last: Part | null = null;
  let ofLast = new Map<Part, Part>();
  return (origin, status) => {
    if (origin !== last) {
      ofLast = known.get(origin) ?? new Map<Part, Part>();
      known.set(origin, ofLast);
      last = origin;
    }
    let part = ofLast.get(status);
    if (!part) {
      const members = Buffer.concat([OPENING, origin.members, status.members]);
      part = { members, edits: [...origin.edits, ...status.edits] };
      ofLast.set(status, part);
    }
    return part;
  };
}

/** `"service":"…",` and what it means for the event's own member of that name; nothing when that one says it, or nothing does. */
function memberFor(
  attribute: Attribute,
  located: Located,
  i: number,
  severityNumber: Column | null,
  edits: OwnEdit[],
): string {
  const text = textFor(attribute, located, i, severityNumber);
  const own = located.type(i, attribute.own);
  // The API wants texts, but for the status, which may be a number.
  const isMisfit = own !== TYPE.missing && own !== TYPE.string && !severityNumber;
  if (isMisfit || (text !== null && own !== TYPE.missing)) edits.push(renameOwn(attribute.own));
  if (text === null) return '';
  return `"${attribute.name}":${text},`;
}

/** One part per combination of what the columns hold. */
function shared(
  given: readonly Column[],
  make: (located: Located, i: number) => Part,
): (located: Located, i: number) => Part {
  const columns = [...new Set(given)];
  const places = placesOf(columns);
  const parts = new Map<string, Part>();
  let last: { generation: number; i: number; part: Part } | null = null;
  return (located, i) => {
    if (last?.generation === located.generation && located.agree(last.i, i, places)) {
      last.i = i;
      return last.part;
    }
    const key = keyOf(located, i, columns);
    let part = parts.get(key);
    if (!part) {
      part = make(located, i);
      if (parts.size >= MAX_CACHED) parts.clear();
      parts.set(key, part);
    }
    last = { generation: located.generation, i, part };
    return part;
  };
}

function keyOf(located: Located, i: number, columns: readonly Column[]): string {
  let key = '';
  for (let k = 0; k < columns.length; k++) {
    const type = located.type(i, columns[k]!);
    if (type === TYPE.missing) continue;
    key += `\0${k}:${isPlain(type) ? rawKey(located, i, columns[k]!) : type}`;
  }
  return key;
}

function isPlain(type: number): boolean {
  return type !== TYPE.object && type !== TYPE.array;
}

/** A value that is too long for any use is as good as any other such. */
function rawKey(located: Located, i: number, column: Column): string {
  const length = located.end(i, column) - located.start(i, column);
  return length <= MAX_TAGS_TEXT ? located.raw(i, column) : `${length}`;
}

/** JSON text of the value to write; `null` when the event's own member says it, or nothing does. */
function textFor(attribute: Attribute, located: Located, i: number, severityNumber: Column | null): string | null {
  const { fixed, fields, own, otherwise } = attribute;
  if (fixed !== undefined) return JSON.stringify(fixed);
  for (const column of fields) {
    const isOwn = column === own;
    if (isOwn && severityNumber && isSyslogSeverity(located, i, column)) return null;
    if (located.isText(i, column, MAX_TEXT)) return isOwn ? null : utf8(located.raw(i, column));
  }
  const word = severityNumber && wordOf(located, i, severityNumber);
  if (word) return JSON.stringify(word);
  return otherwise === undefined ? null : JSON.stringify(otherwise);
}

/** 0 to 7, which Datadog reads as the severities of syslog (https://docs.datadoghq.com/logs/log_configuration/processors/log_status_remapper/). */
function isSyslogSeverity(located: Located, i: number, column: Column): boolean {
  return located.type(i, column) === TYPE.integer && /^[0-7]$/.test(located.raw(i, column));
}

const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The word for OTLP's number (OTLP 1.11, logs data model, “Field: SeverityNumber”): four numbers each, from 1. */
function wordOf(located: Located, i: number, column: Column): string | undefined {
  if (located.type(i, column) !== TYPE.integer) return undefined;
  const number = Number(located.raw(i, column));
  return number >= 1 ? SEVERITIES[(number - 1) >> 2] : undefined;
}

function utf8(raw: string): string {
  return Buffer.from(raw, 'latin1').toString();
}
