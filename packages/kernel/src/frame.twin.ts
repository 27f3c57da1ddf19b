// The framer once more, in plain JSON.parse code and without any care for speed: what tests compare the kernel with.
import type { FramerOptions, ReadTime } from './frame.ts';
import {
  cut,
  ENVELOPE,
  escaped,
  iso,
  type Line,
  type Parsed,
  type Parts,
  parseAnyTime,
  parseCri,
  parseDocker,
  parseObject,
  split,
  type Time,
} from './lines.twin.ts';

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

interface Waiting {
  readonly time: Time;
  readonly others: string;
  readonly flags: number;
  readonly offset: number;
  endOffset: number;
  lines: number;
  parts: Uint8Array[];
}

const OWN = 1;
const MISFIT = 2;
const MERGED = 16;
const YIELDED = 64;

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
  const yielding = Buffer.from(options.yielding ?? []).toString();
  const rivals = Object.keys(JSON.parse(`{${yielding}}`) as object);
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
  const yielded = (object: Parts | undefined): number =>
    object?.members.some(([key]) => rivals.includes(key)) ? YIELDED : 0;
  const own = (flags: number): string[] => [members, flags & YIELDED ? '' : yielding].filter((part) => part !== '');
  const head = (time: Time, stream: string, flags: number): string =>
    `{"@timestamp":"${time.text}",${stream === '' ? '' : `"stream":"${stream}",`}${own(flags)
      .map((part) => `${part},`)
      .join('')}"log":"`;
  const give = (stream: string, w: Waiting, complete: boolean): void => {
    const bytes = Buffer.concat(w.parts);
    const [text, flags] = format === 'cri' ? escaped(bytes, cap, complete) : cut(bytes.toString(), cap, complete);
    waiting.delete(stream);
    push(
      `${head(w.time, stream, w.flags)}${text}"${w.others}}`,
      flags | w.flags | (w.lines > 1 ? MERGED : 0),
      w.time,
      w,
    );
  };
  const take = (line: Line, parsed: Parsed, flags: number): void => {
    const { stream, time, others, content, partial } = parsed;
    const w = waiting.get(stream) ?? {
      ...{ time, others, flags, offset: line.offset },
      ...{ endOffset: 0, lines: 0, parts: [] },
    };
    waiting.set(stream, w);
    w.parts.push(content);
    w.endOffset = line.endOffset;
    w.lines++;
    if (!partial) give(stream, w, true);
  };
  const takeObject = (line: Line, object: Parts): void => {
    const { inside, members: all } = object;
    const stamp = all.filter(([key]) => key === '@timestamp').at(-1);
    const time = parseAnyTime(stamp === undefined ? undefined : JSON.parse(stamp[2])) ?? read;
    const kept = all.filter(([key]) => !taken.includes(key)).map(([, text]) => text);
    const rest = kept.length === all.length ? inside : kept.join(',');
    const first = stamp === undefined ? [`"@timestamp":"${read.text}"`] : [];
    const flags = yielded(object);
    push(`{${[...first, ...own(flags), ...(rest === '' ? [] : [rest])].join(',')}}`, flags, time, line);
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
      take(line, parsed, yielded(object));
    } else if (format === 'ndjson' && object !== undefined) {
      takeObject(line, object);
    } else {
      const [text, flags] = escaped(bytes, cap, true);
      push(`${head(read, '', 0)}${text}"}`, flags | (format === 'text' ? 0 : MISFIT), read, line);
    }
  }
  if (final) for (const [stream, w] of [...waiting].sort(([, a], [, b]) => a.offset - b.offset)) give(stream, w, false);
  return { events, lines, emptyLines };
}
