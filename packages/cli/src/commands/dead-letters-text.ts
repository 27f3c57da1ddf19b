import type { StoredLetter } from '@tailrace/runner';

/** Widths of the columns before the message; a longer value moves the rest of its line. */
const WIDTHS = { time: 24, component: 14, code: 18, id: 29 } as const;
const DEFAULT_COLUMNS = 160;
const LEAST_MESSAGE = 20;

/** The names of the columns of {@link letterRow}. */
export function letterTitle(): string {
  return row('refused', 'component', 'code', 'id', 'message');
}

/** A letter in one line, cut at the width of the terminal. */
export function letterRow({ time, component, code, id, message }: StoredLetter, columns = DEFAULT_COLUMNS): string {
  const line = row(plain(time), plain(component), plain(code), id, plain(message));
  const before = line.length - plain(message).length - 1;
  const width = Math.max(columns, before + LEAST_MESSAGE);
  return line.length <= width + 1 ? line : `${line.slice(0, width - 1)}…\n`;
}

function row(time: string, component: string, code: string, id: string, message: string): string {
  const { time: t, component: c, code: e, id: i } = WIDTHS;
  return `${time.padEnd(t)}  ${component.padEnd(c)}  ${code.padEnd(e)}  ${id.padEnd(i)}  ${message}`
    .trimEnd()
    .concat('\n');
}

/** A text on one line, without anything that a terminal obeys or that turns the direction of writing. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    return known ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** JSON text over several lines, its tokens as they are: a number keeps all its digits. */
export function indented(json: string): string {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  let text = '';
  for (const [k, token] of tokens.entries()) {
    const isEmpty = (token === '}' || token === ']') && (tokens[k - 1] === '{' || tokens[k - 1] === '[');
    if (token === '}' || token === ']') text += isEmpty ? '' : newLine(--depth);
    if (isEmpty) depth--;
    text += token === ':' ? ': ' : plain(token);
    if (token === '{' || token === '[') depth++;
    const opens = (token === '{' || token === '[') && tokens[k + 1] !== '}' && tokens[k + 1] !== ']';
    if (opens || token === ',') text += newLine(depth);
  }
  return text;
}

function newLine(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}
