import { RegexError } from './syntax.ts';

/** The pattern's characters, one after the other. */
export class PatternReader {
  readonly text: string;
  readonly #points: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#points = [...text];
  }

  /** The column of the next character, from 1. */
  get column(): number {
    return this.#at + 1;
  }

  get ended(): boolean {
    return this.#at >= this.#points.length;
  }

  peek(ahead = 0): string | undefined {
    return this.#points[this.#at + ahead];
  }

  next(): string {
    return this.#points[this.#at++]!;
  }

  /** Takes `text` if it comes next. */
  take(text: string): boolean {
    const points = [...text];
    if (!points.every((point, k) => this.peek(k) === point)) return false;
    this.#at += points.length;
    return true;
  }

  /** Takes what matches at this place; `pattern` is sticky. */
  match(pattern: RegExp): RegExpExecArray | null {
    const rest = this.#points.slice(this.#at, this.#at + 200).join('');
    const match = pattern.exec(rest);
    if (match?.index !== 0) return null;
    this.#at += [...match[0]].length;
    return match;
  }

  fail(reason: string, column: number = this.column): never {
    throw new RegexError(column, reason);
  }
}
