import { TYPE } from '@tailrace/kernel';
import { compileAttribute, type OwnEdit, renameOwn } from './attributes.ts';
import type { Column, ColumnSet, Located } from './columns.ts';
import type { DatadogLogsConfig } from './options.ts';

/** What makes a member of an entry out of an event: a piece `"message":…,` or nothing, and changes to the event's own members. */
type MemberRule = (located: Located, i: number, edits: OwnEdit[]) => Uint8Array | null;

const OPENING = Buffer.from('"message":');
const COMMA = Buffer.from(',');

/**
 * The rule for `message`: the event's own one stays; another member of the event is renamed to it, one inside an object is copied, and
 * where there is no text the fallback is written, since the API wants the attribute.
 */
export function createMessageRule(set: ColumnSet, config: DatadogLogsConfig): MemberRule {
  const { own, fields, fixed, otherwise } = compileAttribute(set, 'message', config.message);
  const constant = fixed ?? otherwise;
  const fallback = constant === undefined ? null : Buffer.from(`"message":${JSON.stringify(constant)},`);
  const clear = (located: Located, i: number, edits: OwnEdit[]): void => {
    if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
  };
  return (located, i, edits) => {
    for (const column of fields) {
      if (!located.isText(i, column, Number.POSITIVE_INFINITY)) continue;
      if (column === own) return null;
      clear(located, i, edits);
      if (column.steps.length > 1) return copied(OPENING, located, i, column);
      edits.push({ kind: 'rename', column, key: 'message' });
      return null;
    }
    if (fallback) clear(located, i, edits);
    return fallback;
  };
}

const TIME_OPENING = Buffer.from('"timestamp":');
const RFC3339 = /^"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/;
const MILLISECONDS = /^[1-9]\d{12}$/;

/** The rule for `timestamp`: the event's own one stays if it is a time that Datadog reads; else another field's is copied, or the event's time is written. */
export function createTimeRule(set: ColumnSet, config: DatadogLogsConfig) {
  const own = set.column('timestamp', ['timestamp']);
  const fields = set.columns(config.timestamp, ['timestamp']);
  let last = Number.NaN;
  let piece: Uint8Array = COMMA;
  return (located: Located, i: number, milliseconds: number, edits: OwnEdit[]): Uint8Array | null => {
    for (const column of fields) {
      if (!isTime(located, i, column)) continue;
      if (column === own) return null;
      if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
      return copied(TIME_OPENING, located, i, column);
    }
    if (located.type(i, own) !== TYPE.missing) edits.push(renameOwn(own));
    // Neighbours mostly share a millisecond.
    if (milliseconds !== last) piece = Buffer.from(`"timestamp":${milliseconds},`, 'latin1');
    last = milliseconds;
    return piece;
  };
}

function copied(opening: Uint8Array, located: Located, i: number, column: Column): Uint8Array {
  return Buffer.concat([opening, located.text.subarray(located.start(i, column), located.end(i, column)), COMMA]);
}

/** Text as RFC 3339, or milliseconds (https://docs.datadoghq.com/logs/log_configuration/processors/#log-date-remapper). */
function isTime(located: Located, i: number, column: Column): boolean {
  const type = located.type(i, column);
  if (type === TYPE.missing || located.end(i, column) - located.start(i, column) > 64) return false;
  if (type === TYPE.string) return RFC3339.test(located.raw(i, column));
  return type === TYPE.integer && MILLISECONDS.test(located.raw(i, column));
}
