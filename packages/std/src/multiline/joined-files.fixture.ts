// Random files for the tests of the joiner, and the events that whole lines, one at a time, make of them.
import type { Format } from '@tailrace/kernel';
import fc from 'fast-check';
import { withoutBlankEnd } from './join.fixture.ts';
import type { Multiline } from './options.ts';
import { APART, COMPLETE, type LineRules, patternRules } from './rules.ts';

interface Line {
  readonly stream: string;
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}
/** An event of a stream, with how many lines it has. */
export interface Event extends Line {
  readonly lines: number;
}
/** A file and its lines. */
export interface Input {
  readonly format: Format;
  readonly bytes: Buffer;
  readonly lines: readonly Line[];
}

/** Milliseconds. */
export const TIMEOUT = 100;
const text = fc
  .tuple(fc.constantFrom('S', ' ', 'x', '', ' "\\'), fc.constantFrom('a', 'é', '\t', ''), fc.constantFrom('', 'E'))
  .map((parts) => parts.join(''));
const pattern = fc.record({
  start: fc.constantFrom(null, /^S/),
  continue: fc.constantFrom(null, /^\s/),
  end: fc.constantFrom(null, /E$/),
});
const rules = pattern.map(
  (patterns): LineRules =>
    patternRules({ ...patterns, start: patterns.start ?? (patterns.continue || patterns.end ? null : /^S/) }),
);
/** Prepared options. */
export const multiline = fc.record({
  rules,
  timeoutMs: fc.constant(TIMEOUT),
  maxLines: fc.constantFrom(1, 2, 3, 1000),
  maxBytes: fc.constantFrom(6, 20, 1000),
});
const written = fc.array(fc.tuple(fc.constantFrom('stdout', 'stderr'), text, fc.constantFrom('F', 'F', 'P')), {
  maxLength: 14,
});

function plain(texts: readonly string[], ending: string): Input {
  let offset = 0;
  const lines = texts.map((line) => {
    const begin = offset;
    offset += Buffer.byteLength(line + ending);
    return { stream: '', text: line, offset: begin, end: offset };
  });
  return { format: 'text', bytes: Buffer.from(texts.map((line) => line + ending).join('')), lines };
}

function cri(parts: readonly (readonly [string, string, string])[]): Input {
  const lines: Line[] = [];
  const open = new Map<string, Line>();
  let bytes = Buffer.alloc(0);
  for (const [k, [stream, part, tag]] of parts.entries()) {
    const offset = bytes.length;
    bytes = Buffer.concat([bytes, Buffer.from(`2024-01-01T00:00:0${k % 10}Z ${stream} ${tag} ${part}\n`)]);
    const before = open.get(stream);
    const line = { stream, text: (before?.text ?? '') + part, offset: before?.offset ?? offset, end: bytes.length };
    open.delete(stream);
    if (tag === 'P') open.set(stream, line);
    else lines.push(line);
  }
  // What has no end is given out with the end of the file.
  lines.push(...[...open.values()].toSorted((a, b) => a.offset - b.offset));
  return { format: 'cri', bytes, lines };
}

/** Files of plain lines and of CRI. */
export const input = fc.oneof(
  written.map((parts) =>
    plain(
      parts.map(([, line]) => line),
      '\n',
    ),
  ),
  written.map((parts) =>
    plain(
      parts.map(([, line]) => line),
      '\r\n',
    ),
  ),
  written.map(cri),
);

/** Joins whole lines, one at a time. */
export function naive(
  { format, lines }: Input,
  { rules, maxLines, maxBytes }: Multiline,
  cuts: ReadonlySet<number>,
): Event[] {
  const events: Event[] = [];
  const open = new Map<string, { texts: string[]; first: Line; end: number; state: number; lines: number }>();
  const close = (stream: string): void => {
    const event = open.get(stream);
    open.delete(stream);
    if (!event) return;
    events.push({ ...event.first, text: withoutBlankEnd(event.texts), end: event.end, lines: event.lines });
  };
  for (const line of lines) {
    const { stream, text: content, end } = line;
    const passedOver = format === 'text' && content === '';
    const event = open.get(stream);
    const joinedText = [...(event?.texts ?? []), content].join('\n');
    const state = event ? rules.next(event.state, content) : APART;
    const isFull =
      (event?.texts.length ?? 0) + 1 > maxLines || JSON.stringify(joinedText).length - 2 + extra(joinedText) > maxBytes;
    if (event && state !== APART && !isFull) {
      event.texts.push(content);
      event.state = state;
      if (!passedOver) Object.assign(event, { end, lines: event.lines + 1 });
    } else {
      close(stream);
      if (passedOver) continue;
      open.set(stream, {
        texts: [content],
        first: line,
        end,
        state: maxLines === 1 ? COMPLETE : rules.first(content),
        lines: 1,
      });
    }
    if (open.get(stream)!.state === COMPLETE || (!passedOver && cuts.has(end))) close(stream);
  }
  for (const stream of [...open.keys()]) close(stream);
  return events;
}
/** Bytes beyond one per character. */
const extra = (joined: string): number => Buffer.byteLength(joined) - joined.length;
