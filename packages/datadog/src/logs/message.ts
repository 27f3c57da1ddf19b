import { TYPE } from '@tailrace/kernel';
import { compileAttribute, type OwnEdit, renameOwn } from './attributes.ts';
import type { Column, ColumnSet, Located } from './columns.ts';
import type { Pieces } from './entry.ts';
import type { DatadogLogsConfig } from './options.ts';

const OPENING = Buffer.from('"message":');
const COMMA = Buffer.from(',');
const COMMA_BYTE = 0x2c;

/**
 * The rule for `message`: the event's own one stays; another member of the event is renamed to it, one inside an object is copied, and
 * where there is no text the fallback is written, since the API wants the attribute.
 */
export function createMessageRule(set: ColumnSet, config: DatadogLogsConfig) {
  const { own, fields, fixed, otherwise } = compileAttribute(set, 'message', config.message);
  const constant = fixed ?? otherwise;
  const fallback = constant === undefined ? null : Buffer.from(`"message":${JSON.stringify(constant)},`);
  const clear = (located: Located, i: number, edits: OwnEdit[]): void => {
    if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
  };
  return (located: Located, i: number, pieces: Pieces, edits: OwnEdit[]): void => {
    for (let k = 0; k < fields.length; k++) {
      const column = fields[k]!;
      if (!located.isText(i, column, Number.POSITIVE_INFINITY)) continue;
      if (column === own) return;
      clear(located, i, edits);
      if (column.steps.length > 1) addCopy(pieces, OPENING, located, i, column);
      else edits.push({ kind: 'rename', column, key: 'message' });
      return;
    }
    if (!fallback) return;
    clear(located, i, edits);
    pieces.add(fallback);
  };
}

const TIME_OPENING = Buffer.from('"timestamp":');

/** The rule for `timestamp`: the event's own one stays if it is a time that Datadog reads; else another field's is copied, or the event's time is written. */
export function createTimeRule(set: ColumnSet, config: DatadogLogsConfig) {
  const own = set.column('timestamp', ['timestamp']);
  const fields = set.columns(config.timestamp, ['timestamp']);
  const print = timePrinter();
  return (located: Located, i: number, milliseconds: number, pieces: Pieces, edits: OwnEdit[]): void => {
    for (let k = 0; k < fields.length; k++) {
      const column = fields[k]!;
      if (!isTime(located, i, column)) continue;
      if (column === own) return;
      if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
      addCopy(pieces, TIME_OPENING, located, i, column);
      return;
    }
    if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
    pieces.add(print(milliseconds));
  };
}

const FIRST_DIGIT = TIME_OPENING.length;
const ZERO = 0x30;
const MINUS = 0x2d;

/** Writes `"timestamp":1704067200123,` into one piece that is used again, since a text per event costs as much as all else. */
function timePrinter(): (milliseconds: number) => Buffer {
  const piece = Buffer.from(`${TIME_OPENING}0000000000000,`);
  const put = (at: number, digits: number, value: number): void => {
    for (let k = digits - 1, left = value; k >= 0; k--) {
      const rest = Math.floor(left / 10);
      piece[at + k] = ZERO + left - 10 * rest;
      left = rest;
    }
  };
  return (milliseconds) => {
    // 13 digits: from 2001 to 2286.
    if (!(milliseconds >= 1e12 && milliseconds < 1e13)) return Buffer.from(`"timestamp":${milliseconds},`);
    const high = Math.floor(milliseconds / 1e6);
    put(FIRST_DIGIT, 7, high);
    put(FIRST_DIGIT + 7, 6, milliseconds - high * 1e6);
    return piece;
  };
}

function addCopy(pieces: Pieces, opening: Buffer, located: Located, i: number, column: Column): void {
  const { text } = located;
  const end = located.end(i, column);
  pieces.add(opening);
  // Mostly there is a comma behind the value already.
  const hasComma = text[end] === COMMA_BYTE;
  pieces.add(text, located.start(i, column), hasComma ? end + 1 : end);
  if (!hasComma) pieces.add(COMMA);
}

const PATTERN = Buffer.from('"0000-00-00T00:00:00');
const LETTER_T = 0x54;
const NINE = 0x39;
const MOST_TIME_BYTES = 64;
const MILLISECOND_DIGITS = 13;

/** Text as RFC 3339, or milliseconds (https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/). */
function isTime(located: Located, i: number, column: Column): boolean {
  const type = located.type(i, column);
  const start = located.start(i, column);
  const length = located.end(i, column) - start;
  if (type === TYPE.integer) return length === MILLISECOND_DIGITS && located.text[start] !== MINUS;
  if (type !== TYPE.string || length <= PATTERN.length || length > MOST_TIME_BYTES) return false;
  for (let k = 0; k < PATTERN.length; k++) if (!isLike(located.text[start + k]!, PATTERN[k]!)) return false;
  return true;
}

function isLike(byte: number, pattern: number): boolean {
  if (pattern === ZERO) return byte >= ZERO && byte <= NINE;
  // RFC 3339, 5.6: a small t, or a space to be read by people.
  return byte === pattern || (pattern === LETTER_T && (byte === 0x74 || byte === 0x20));
}
