import { type Json, type LogBatch, type Path, path } from '@tailrace/core';
import { AGAIN, compilePaths, ERR, type Events, kernel, locate, ROW, splice, TYPE, TYPE_MASK } from '@tailrace/kernel';
import { type EditBuffer, editBuffer } from '../fields/edits.ts';
import { withoutLineEnd } from '../line-end.ts';
import { type Members, type Misfit, noMembers, type ParseLine, place } from './line.ts';
import type { TakeTime } from './line-time.ts';
import { type ConflictPolicy, homeOf, merge } from './merge.ts';

/** What the transform works with, prepared once. */
export interface Parsing {
  readonly field: Path;
  /** The keys that lead to the field. */
  readonly keys: readonly string[];
  /** The paths that these keys make, one after the other; the last one is the field's. */
  readonly way: readonly Path[];
  readonly parse: ParseLine;
  readonly takeTime: TakeTime | null;
  /** The keys of the object that takes the members; `null`: the event itself. */
  readonly into: readonly string[] | null;
  readonly policy: ConflictPolicy;
  readonly keepsText: boolean;
  /** Whether the text stays that does not have the format. */
  readonly keepsMisfits: boolean;
  readonly maxBytes: number;
}

/** What became of a batch: events with what was found in them, and those whose text did not fit. */
export interface Parsed {
  readonly batch: LogBatch;
  readonly misfits: ReadonlyMap<number, Misfit>;
  /** Events whose time could not be read. */
  readonly timeless: number;
}

/** An event whose text was parsed. */
interface Found {
  readonly i: number;
  readonly event: { [key: string]: Json };
  /** What is to be put into the event. */
  readonly members: Members;
  /** RFC 3339; `null`: the text tells none, `false`: one that cannot be read. */
  readonly time: string | null | false;
}

const TIMESTAMP = path('@timestamp');
const TOO_LARGE: Misfit = { code: 'too_large', message: 'the event would be longer than 4 MiB' };

/** Creates what parses the texts of a batch. */
export function batchParser(parsing: Parsing): (batch: LogBatch) => Parsed {
  const edits = editBuffer(new Uint8Array());
  const paths = compilePaths([parsing.field.steps, TIMESTAMP.steps]);
  return (batch) => {
    const events = batch.events();
    const table = locate(kernel(), events, paths);
    const misfits = new Map<number, Misfit>();
    const quick: Found[] = [];
    const slow: Found[] = [];
    const twice: number[] = [];
    edits.cut(0);
    for (let i = 0; i < events.length; i++) {
      const row = 2 * ROW * i;
      const type = table[row + 3]!;
      if ((type & TYPE_MASK) !== TYPE.string) continue;
      const found = readEvent(parsing, batch, events, i, table[row + 2]! - table[row + 1]! - 2);
      const isTwice = !parsing.keepsText && (type & AGAIN) !== 0;
      if (isTwice) twice.push(i);
      if ('code' in found) misfits.set(i, found);
      else if (!isTwice && isSimple(found, parsing)) {
        quick.push(found);
        addEdits(found, parsing, table, row, edits);
      } else slow.push(found);
    }
    const spliced = splice(kernel(), events, edits.edits());
    const out = quick.length > 0 ? batch.withEvents(spliced) : batch;
    for (const found of quick) {
      if (spliced.status[found.i] === ERR.tooLarge) misfits.set(found.i, TOO_LARGE);
      else followTime(out, found);
    }
    for (const i of twice) if (!misfits.has(i) || !parsing.keepsMisfits) makeSingle(out, i, parsing.way);
    for (const found of slow) mergeInto(out, found, parsing);
    if (!parsing.keepsMisfits) for (const i of misfits.keys()) out.remove(i, parsing.field);
    const timeless = [...quick, ...slow].filter(({ time }) => time === false).length;
    return { batch: out, misfits, timeless };
  };
}

function readEvent(parsing: Parsing, batch: LogBatch, events: Events, i: number, escapedBytes: number): Found | Misfit {
  const { text, start, end } = events;
  const source = Buffer.from(text.buffer, text.byteOffset + start[i]!, end[i]! - start[i]!).toString('utf8');
  const event = JSON.parse(source) as { [key: string]: Json };
  const line = withoutLineEnd(homeOf(event, parsing.keys)![parsing.keys.at(-1)!] as string);
  if (escapedBytes > parsing.maxBytes && Buffer.byteLength(line) > parsing.maxBytes)
    return { code: 'too_large', message: `is longer than max_bytes, ${parsing.maxBytes}` };
  const members = noMembers();
  const misfit = parsing.parse(line, members);
  if (misfit) return misfit;
  const time = parsing.takeTime ? parsing.takeTime(members, () => batch.time(i)) : null;
  if (!parsing.into) return { i, event, members, time };
  const nested = noMembers();
  place(nested, parsing.into, members);
  return { i, event, members: nested, time };
}

/** Whether the members can stand in the place of the text, or beside it, as they are. */
function isSimple({ event, members, time }: Found, { keys, keepsText }: Parsing): boolean {
  if (keys.length > 1 || (typeof time === 'string' && '@timestamp' in members)) return false;
  let count = 0;
  for (const key in members) {
    count++;
    if (Object.hasOwn(event, key) && (keepsText || key !== keys[0])) return false;
  }
  return count > 0;
}

/** The edits of a simple event, in the order of their places. */
function addEdits(found: Found, { keepsText }: Parsing, table: Uint32Array, row: number, edits: EditBuffer): void {
  const { i, event, members, time } = found;
  const hasTime = Object.hasOwn(event, '@timestamp');
  const inner = JSON.stringify(members).slice(1, -1);
  const told = typeof time === 'string' && !hasTime ? `"@timestamp":"${time}",${inner}` : inner;
  const [from, to] = [table[row + (keepsText ? 2 : 0)]!, table[row + 2]!];
  const addMembers = (): void => edits.add(i, from, to, keepsText ? `,${told}` : told);
  const stamp = row + ROW;
  const isBefore = table[stamp + 1]! < from;
  if (!isBefore) addMembers();
  if (typeof time === 'string' && hasTime) edits.add(i, table[stamp + 1]!, table[stamp + 2]!, `"${time}"`);
  if (isBefore) addMembers();
}

/** The time columns follow an `@timestamp` that was written into the text. */
function followTime(out: LogBatch, { i, members, time }: Found): void {
  const told = typeof time === 'string' ? time : members['@timestamp'];
  if (typeof told === 'string') out.followTime(i, told);
}

/** Of members with the same key the last one counts; where its text goes, that of the others must not come to light. */
function makeSingle(out: LogBatch, i: number, way: readonly Path[]): void {
  for (const where of way) out.rename(i, where, where);
}

/** An event whose members meet others, or whose text is deeper in it. */
function mergeInto(out: LogBatch, { i, members, time }: Found, { keys, keepsText, policy }: Parsing): void {
  const object = out.object(i);
  const home = keepsText ? null : homeOf(object, keys);
  if (home) Reflect.deleteProperty(home, keys.at(-1)!);
  // Before the members, so that one of this name meets it as it meets others; behind them, where it would have won.
  if (typeof time === 'string') object['@timestamp'] = time;
  merge(object, members, policy);
  if (typeof time !== 'string') return;
  object['@timestamp'] = time;
  out.followTime(i, time);
}
