// How single lines read, in plain JSON.parse code: the half of frame.twin.ts that knows the formats.
import type { ReadTime } from './frame.ts';

/** A physical line without its newline, and where it stands in the file. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly endOffset: number;
}

/** A time and how it is written; `own`: the line has it. */
export interface Time {
  readonly text: string;
  readonly seconds: number;
  readonly nanos: number;
  readonly own: boolean;
}

/** What a docker or CRI line says. */
export interface Parsed {
  readonly stream: string;
  readonly time: Time;
  readonly others: string;
  readonly content: Uint8Array;
  readonly partial: boolean;
}

/** A member as it stands in the text. */
export type Member = readonly [key: string, text: string, value: string];

/** An object's text without its braces, and its members. */
export interface Parts {
  readonly inside: string;
  readonly members: readonly Member[];
}

// Flags of content that was cut, and of content that was no UTF-8.
const CUT = 4 | 8;
const REPAIRED = 32;
/** What a line may have beside its content. */
export const ENVELOPE = 65_536;

/** The lines of a file. */
export function* split(file: Uint8Array, base: number, final: boolean): Generator<Line> {
  let at = 0;
  while (at < file.length) {
    const newline = file.indexOf(10, at);
    if (newline < 0 && !final) return;
    const end = newline < 0 ? file.length : newline;
    const next = newline < 0 ? end : end + 1;
    yield { bytes: file.subarray(at, end), offset: base + at, endOffset: base + next };
    at = next;
  }
}

/** A read time as RFC 3339 text. */
export function iso({ seconds, nanos }: ReadTime): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 20)}${String(nanos).padStart(9, '0')}Z`;
}

const TIME = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

const PARTS = /^(\d{4})(-\d\d)?(-\d\d)?(?:[Tt ](\d\d)(:\d\d)?(:\d\d)?)?(\.\d+)?(?:([Zz])|([+-]\d\d)(?::?(\d\d))?)?$/;

/** The time that the text of a member is, parts of it left out or not, or undefined. */
export function parseAnyTime(text: unknown): Time | undefined {
  const parts = typeof text === 'string' ? PARTS.exec(text) : null;
  if (parts === null) return undefined;
  const [found, year, month, day, hour, minute, second, fraction, z, hours, minutes = '00'] = parts;
  // What is left out has nothing behind it, and only a time of day has an offset.
  const order = [year, month, day, hour, minute, second, fraction].map((part) => part !== undefined);
  if (order.includes(false) && order.indexOf(false) < order.lastIndexOf(true)) return undefined;
  if (hour === undefined && (z ?? hours) !== undefined) return undefined;
  const date = `${year}${month ?? '-01'}${day ?? '-01'}`;
  const clock = `${hour ?? '00'}${minute ?? ':00'}${second ?? ':00'}${(fraction ?? '').slice(0, 10)}`;
  const time = parseTime(`${date}T${clock}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return time && { ...time, text: found };
}

/** The time that a text is, or undefined. */
function parseTime(text: unknown): Time | undefined {
  const found = typeof text === 'string' ? TIME.exec(text) : null;
  if (found === null) return undefined;
  const [, date, clock, fraction = '', sign, hours = '0', minutes = '0'] = found;
  const plain = `${date}T${clock}.000Z`;
  const millis = Date.parse(plain);
  // Date.parse takes February 30th for March 1st, and 24:00 for the next day.
  if (Number.isNaN(millis) || new Date(millis).toISOString() !== plain) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const shift = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1);
  return { text: found[0], seconds: millis / 1000 - shift, nanos: Number(fraction.padEnd(9, '0')), own: true };
}

/** What a CRI line says, or undefined. */
export function parseCri(bytes: Uint8Array): Parsed | undefined {
  // latin1 keeps one character per byte.
  const found = /^([^ ]+) (stdout|stderr) ([FP])(:[^ ]*)?( |$)/.exec(Buffer.from(bytes).toString('latin1'));
  const time = parseTime(found?.[1]);
  if (found === null || time === undefined || (found[4] ?? '').length > 1024) return undefined;
  const content = bytes.subarray(found[0].length);
  return { stream: found[2]!, time, others: '', content, partial: found[3] === 'P' };
}

/** What a docker line says, or undefined. */
export function parseDocker(
  object: readonly Member[] | undefined,
  line: Line,
  taken: readonly string[],
  read: Time,
): Parsed | undefined {
  const last = (key: string): string | undefined => object?.filter(([k]) => k === key).at(-1)?.[2];
  const log = last('log');
  const streamText = last('stream');
  const timeText = last('time');
  const stream = streamText === undefined ? '' : (JSON.parse(streamText) as unknown);
  if (object === undefined || log === undefined || !log.startsWith('"')) return undefined;
  if (typeof stream !== 'string' || (streamText !== undefined && !['stdout', 'stderr'].includes(stream)))
    return undefined;
  const own = ['log', 'stream', 'time', '@timestamp', ...taken];
  const others = object.filter(([key]) => !own.includes(key)).map(([, text]) => `,${text}`);
  const raw = log.slice(1, -1);
  const content = Buffer.from(stripEnd(raw, 'n', '000a'));
  const partial = content.length === Buffer.byteLength(raw);
  if (partial && line.bytes.length - content.length > ENVELOPE) return undefined;
  const time = parseTime(timeText === undefined ? undefined : JSON.parse(timeText)) ?? read;
  return { stream, time, others: others.join(''), content, partial };
}

// A character of a string's text as it stands: an escape (a surrogate pair is one), or the character itself.
const UNIT = /\\ud[89ab]..\\ud[c-f]..|\\u....|\\.|./gisu;

// Without one escape at the end: `\n` or `\u000a`, say.
function stripEnd(raw: string, letter: string, code: string): string {
  const last = raw.match(UNIT)?.at(-1) ?? '';
  return last === `\\${letter}` || last.toLowerCase() === `\\u${code}` ? raw.slice(0, -last.length) : raw;
}

/** The members of a JSON object, or undefined. */
export function parseObject(bytes: Uint8Array): Parts | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { inside: text.trim().slice(1, -1).trim(), members: membersOf(text.trim()) }
      : undefined;
  } catch {
    return undefined;
  }
}

// The members of a valid object's text: a stretch is one as soon as JSON.parse takes it.
function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let from = 1;
  for (let at = 1; at < text.length; at++) {
    if (text[at] !== ',' && at !== text.length - 1) continue;
    const piece = text.slice(from, at);
    const key = /^[ \t\r]*("(?:[^"\\]|\\.)*"[ \t\r]*:)/s.exec(piece);
    const whole = `{${piece}}`;
    if (key === null || !isJson(whole)) continue;
    const member = piece.trim();
    const value = member.slice(key[0].trimStart().length).trim();
    members.push([Object.keys(JSON.parse(whole) as object)[0]!, member, value]);
    from = at + 1;
  }
  return members;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** docker's content is escaped already: it is only cut, between characters. */
export function cut(raw: string, cap: number, complete: boolean): [string, number] {
  const text = complete ? stripEnd(raw, 'r', '000d') : raw;
  if (Buffer.byteLength(text) <= cap) return [text, 0];
  let size = 0;
  let kept = '';
  for (const [unit] of text.matchAll(UNIT)) {
    size += Buffer.byteLength(unit);
    if (size > cap) break;
    kept += unit;
  }
  return [kept, CUT];
}

/** Raw bytes as the inside of a JSON string of at most `cap` bytes, with flags. */
export function escaped(bytes: Uint8Array, cap: number, trim: boolean): [string, number] {
  const line = trim && bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const characters = [...decoder.decode(line)];
  // The same with U+FFFC for each U+FFFD that stood in the line: what is U+FFFD now was ill-formed.
  const marked = [
    ...decoder.decode(
      Buffer.from(Buffer.from(line).toString('latin1').replaceAll('\xef\xbf\xbd', '\xef\xbf\xbc'), 'latin1'),
    ),
  ];
  let size = 0;
  let kept = '';
  let flags = 0;
  for (const [i, character] of characters.entries()) {
    const unit = JSON.stringify(character).slice(1, -1);
    size += Buffer.byteLength(unit);
    if (size > cap) return [kept, flags | CUT];
    kept += unit;
    if (marked[i] === '\ufffd') flags |= REPAIRED;
  }
  return [kept, flags];
}
