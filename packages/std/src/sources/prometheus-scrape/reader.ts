import { ExpositionError } from './exposition.ts';

const [NEWLINE, SPACE, TAB, QUOTE, BACKSLASH] = [0x0a, 0x20, 0x09, 0x22, 0x5c];
const LONGEST_SHOWN = 60;
const CLASS = { nameStart: 1, name: 2, labelStart: 4, label: 8 } as const;
/** What each ASCII character may be part of: metric names have letters, digits, `_` and `:`, label names no `:`. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-zA-Z_]/.test(character)) return CLASS.nameStart | CLASS.name | CLASS.labelStart | CLASS.label;
  if (character === ':') return CLASS.nameStart | CLASS.name;
  return /\d/.test(character) ? CLASS.name | CLASS.label : 0;
});

/** Reads an exposition from left to right. `at` is the next character; every complaint names its line and column. */
export class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Throws what is wrong at a place, the next character by default. */
  fail(problem: string, at = this.at): never {
    const before = this.text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    throw new ExpositionError(before.split('\n').length, at - lineStart + 1, problem);
  }

  /** What stands at the next character, as a message can show it. */
  found(): string {
    if (this.at >= this.text.length) return 'the end of the text';
    if (this.peek() === NEWLINE) return 'the end of the line';
    return JSON.stringify(this.text.slice(this.at, this.at + 1));
  }

  expected(what: string): never {
    this.fail(`expected ${what}, found ${this.found()}`);
  }

  /** The next character, or -1 at the end. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  /** Steps over a character if it is the next one. */
  take(code: number): boolean {
    if (this.peek() !== code) return false;
    this.at++;
    return true;
  }

  /** Steps over blanks and says whether there were any. */
  blanks(): boolean {
    const from = this.at;
    for (let code = this.peek(); code === SPACE || code === TAB; code = this.peek()) this.at++;
    return this.at > from;
  }

  /** Up to the next blank or line end. */
  word(): string {
    const from = this.at;
    this.skipWord();
    return this.text.slice(from, this.at);
  }

  skipWord(): void {
    for (let code = this.peek(); code !== -1; code = this.peek()) {
      if (code === SPACE || code === TAB || code === NEWLINE) return;
      this.at++;
    }
  }

  metricName(): string {
    return this.#name(CLASS.nameStart, CLASS.name, 'a metric name');
  }

  labelName(): string {
    return this.#name(CLASS.labelStart, CLASS.label, 'a label name');
  }

  #name(first: number, further: number, what: string): string {
    const from = this.at;
    if (((CLASSES[this.peek()] ?? 0) & first) === 0) this.expected(what);
    do this.at++;
    while (((CLASSES[this.peek()] ?? 0) & further) !== 0);
    return this.text.slice(from, this.at);
  }

  /** A text in double quotes, its escapes resolved; the next character has to be the first quote. */
  quoted(): string {
    if (!this.take(QUOTE)) this.expected('a text in double quotes');
    const from = this.at;
    let hasEscape = false;
    for (let code = this.peek(); code !== QUOTE; code = this.peek()) {
      if (code === NEWLINE || code === -1) this.fail('a quoted text has no end', from - 1);
      if (code === BACKSLASH) {
        hasEscape = true;
        this.at++;
        if (this.peek() === NEWLINE) this.fail('a quoted text has no end', from - 1);
      }
      this.at++;
    }
    const raw = this.text.slice(from, this.at++);
    return hasEscape ? resolveEscapes(raw) : raw;
  }

  /** The rest of the line, and over its end. */
  rest(): string {
    const end = this.text.indexOf('\n', this.at);
    const from = this.at;
    this.at = end < 0 ? this.text.length : end + 1;
    return this.text.slice(from, end < 0 ? this.text.length : end);
  }
}

/** A piece of an exposition as a message can show it, however long it is. */
export function shown(text: string): string {
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}

/** Resolves `\\`, `\"` and `\n`; a backslash before anything else stands for itself, as in Prometheus. */
export function resolveEscapes(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
