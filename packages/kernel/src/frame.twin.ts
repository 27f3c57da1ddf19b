// The framer once more, in plain JSON.parse code and without any care for speed: what tests compare the kernel with.
import type { FramerOptions, ReadTime } from './frame.ts';

/** An event as the twin makes it. */
export interface TwinEvent {
  readonly text: string;
  readonly offset: number;
  readonly endOffset: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly flags: number;
}

/** What the twin makes of a whole file. */
export interface TwinResult {
  readonly events: readonly TwinEvent[];
  readonly lines: number;
  readonly emptyLines: number;
}

interface Line {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly endOffset: number;
}

interface Time {
  readonly text: string;
  readonly seconds: number;
  readonly nanos: number;
  readonly own: boolean;
}

interface Waiting {
  readonly time: Time;
  readonly others: string;
  readonly offset: number;
  endOffset: number;
  lines: number;
  parts: Uint8Array[];
}

interface Parsed {
  readonly stream: string;
  readonly time: Time;
  readonly others: string;
  readonly content: Uint8Array;
  readonly partial: boolean;
}

type Member = readonly [key: string, text: string, value: string];

interface Parts {
  readonly inside: string;
  readonly members: readonly Member[];
}

const OWN = 1;
const MISFIT = 2;
const CUT = 4 | 8;
const MERGED = 16;
const REPAIRED = 32;
const ENVELOPE = 65_536;

/** Frames a whole file in one go; `final` as in Framer.frame. */
export function frameTwin(
  file: Uint8Array,
  base: number,
  readTime: ReadTime,
  options: FramerOptions,
  final: boolean,
): TwinResult {
  const { format, maxEventBytes: cap } = options;
  const members = Buffer.from(options.members ?? []).toString();
  const taken = Object.keys(JSON.parse(`{${members}}`) as object);
  const comma = taken.length === 0 ? '' : `${members},`;
  const read: Time = { text: iso(readTime), seconds: readTime.seconds, nanos: readTime.nanos, own: false };
  const waiting = new Map<string, Waiting>();
  const events: TwinEvent[] = [];
  let lines = 0;
  let emptyLines = 0;

  const push = (text: string, flags: number, time: Time, at: { offset: number; endOffset: number }): void => {
    const { seconds, nanos } = time;
    events.push({
      text,
      offset: at.offset,
      endOffset: at.endOffset,
      seconds,
      nanos,
      flags: flags | (time.own ? OWN : 0),
    });
  };
  const head = (time: Time, stream: string): string =>
    `{"@timestamp":"${time.text}",${stream === '' ? '' : `"stream":"${stream}",`}${comma}"log":"`;
  const give = (stream: string, w: Waiting, complete: boolean): void => {
    const bytes = Buffer.concat(w.parts);
    const [text, flags] = format === 'cri' ? escaped(bytes, cap, complete) : cut(bytes.toString(), cap, complete);
    waiting.delete(stream);
    push(`${head(w.time, stream)}${text}"${w.others}}`, flags | (w.lines > 1 ? MERGED : 0), w.time, w);
  };
  const take = (line: Line, parsed: Parsed): void => {
    const { stream, time, others, content, partial } = parsed;
    const w = waiting.get(stream) ?? { time, others, offset: line.offset, endOffset: 0, lines: 0, parts: [] };
    waiting.set(stream, w);
    w.parts.push(content);
    w.endOffset = line.endOffset;
    w.lines++;
    if (!partial) give(stream, w, true);
  };
  const takeObject = (line: Line, { inside, members: all }: Parts): void => {
    const stamp = all.filter(([key]) => key === '@timestamp').at(-1);
    const time = parseTime(stamp === undefined ? undefined : JSON.parse(stamp[2])) ?? read;
    const kept = all.filter(([key]) => !taken.includes(key)).map(([, text]) => text);
    const rest = kept.length === all.length ? inside : kept.join(',');
    const own = stamp === undefined ? [`"@timestamp":"${read.text}"`] : [];
    push(
      `{${[...own, ...(members === '' ? [] : [members]), ...(rest === '' ? [] : [rest])].join(',')}}`,
      0,
      time,
      line,
    );
  };

  for (const line of split(file, base, final)) {
    if (line.bytes.length === 0 || (line.bytes.length === 1 && line.bytes[0] === 13)) {
      emptyLines++;
      continue;
    }
    lines++;
    const overlong = line.bytes.length > cap + ENVELOPE;
    const bytes = line.bytes.subarray(0, cap + ENVELOPE);
    const object = overlong || format === 'cri' || format === 'text' ? undefined : parseObject(bytes);
    const parsed =
      format === 'cri'
        ? parseCri(bytes)
        : format === 'docker'
          ? parseDocker(object?.members, line, taken, read)
          : undefined;
    if (parsed !== undefined) {
      take(line, parsed);
    } else if (format === 'ndjson' && object !== undefined) {
      takeObject(line, object);
    } else {
      const [text, flags] = escaped(bytes, cap, true);
      push(`${head(read, '')}${text}"}`, flags | (format === 'text' ? 0 : MISFIT), read, line);
    }
  }
  if (final) for (const [stream, w] of [...waiting].sort(([, a], [, b]) => a.offset - b.offset)) give(stream, w, false);
  return { events, lines, emptyLines };
}

function* split(file: Uint8Array, base: number, final: boolean): Generator<Line> {
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

function iso({ seconds, nanos }: ReadTime): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 20)}${String(nanos).padStart(9, '0')}Z`;
}

const TIME = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

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

function parseCri(bytes: Uint8Array): Parsed | undefined {
  // latin1 keeps one character per byte.
  const found = /^([^ ]+) (stdout|stderr) ([FP])(:[^ ]*)?( |$)/.exec(Buffer.from(bytes).toString('latin1'));
  const time = parseTime(found?.[1]);
  if (found === null || time === undefined || (found[4] ?? '').length > 1024) return undefined;
  const content = bytes.subarray(found[0].length);
  return { stream: found[2]!, time, others: '', content, partial: found[3] === 'P' };
}

function parseDocker(
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

function parseObject(bytes: Uint8Array): Parts | undefined {
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

// docker's content is escaped already: it is only cut, between characters.
function cut(raw: string, cap: number, complete: boolean): [string, number] {
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

function escaped(bytes: Uint8Array, cap: number, trim: boolean): [string, number] {
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
