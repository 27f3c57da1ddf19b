import { TYPE } from '@tailrace/kernel';
import type { Column, ColumnSet, Located } from './columns.ts';
import type { DatadogLogsConfig } from './options.ts';
import { createTagging, MAX_TAGS_TEXT } from './tagging.ts';

/** A change to a member of the event itself, so that no key comes twice. */
export type OwnEdit =
  | { readonly kind: 'rename'; readonly column: Column; readonly key: string }
  | { readonly kind: 'replace'; readonly column: Column; readonly value: Uint8Array };

/** What events of one origin and severity share. */
export interface Part {
  /** Members to put in front of the event's own: `"ddsource":"nginx","ddtags":"env:prod",`. */
  readonly members: Uint8Array;
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
const NO_EDITS: readonly OwnEdit[] = [];

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

/** Makes the function that says what is put in front of an event; events that agree in what it reads share a {@link Part}. */
export function createParts(set: ColumnSet, config: DatadogLogsConfig): (located: Located, i: number) => Part {
  const attributes = (['ddsource', 'service', 'hostname', 'status'] as const).map((name) =>
    compileAttribute(set, name, config[name]),
  );
  const severityNumber = set.column(config.severity_number, ['severity_number']);
  const tagging = createTagging(set, config);
  const read = [...attributes.flatMap(({ own, fields }) => [own, ...fields]), severityNumber, ...tagging.columns];
  const columns = [...new Set(read)];
  const make = (located: Located, i: number): Part => {
    const edits: OwnEdit[] = [];
    let members = '';
    for (const attribute of attributes) {
      const value = textFor(attribute, located, i, attribute.name === 'status' ? severityNumber : null);
      if (value === null) continue;
      members += `"${attribute.name}":${value},`;
      if (located.type(i, attribute.own) !== TYPE.missing) edits.push(renameOwn(attribute.own));
    }
    const tags = tagging.of(located, i);
    if (tags.edit) edits.push(tags.edit);
    if (tags.member !== '') members += `"ddtags":${tags.member},`;
    return { members: Buffer.from(members), edits: edits.length === 0 ? NO_EDITS : edits };
  };
  return cachedBy(columns, make);
}

/** One part per combination of values; the key is what the events hold. */
function cachedBy(
  columns: readonly Column[],
  make: (located: Located, i: number) => Part,
): (located: Located, i: number) => Part {
  const parts = new Map<string, Part>();
  const marks = columns.map((_, k) => `\0${String.fromCharCode(k + 1)}`);
  return (located, i) => {
    let key = '';
    for (let k = 0; k < columns.length; k++) {
      const type = located.type(i, columns[k]!);
      if (type !== TYPE.missing) key += marks[k]! + (isPlain(type) ? rawKey(located, i, columns[k]!) : type);
    }
    let part = parts.get(key);
    if (!part) {
      part = make(located, i);
      if (parts.size >= MAX_CACHED) parts.clear();
      parts.set(key, part);
    }
    return part;
  };
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

/** 0 to 7, which Datadog reads as the severities of syslog (https://docs.datadoghq.com/logs/log_configuration/processors/#log-status-remapper). */
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
