/** One step of a field path: an object's key or an array's index. */
export type Step = string | number;

/** A compiled field path. */
export interface Path {
  readonly text: string;
  readonly steps: readonly Step[];
}

/** A field path that cannot be read; `column` counts characters from 1. */
export class PathError extends Error {
  override readonly name = 'PathError';
  readonly column: number;
  constructor(text: string, column: number, expected: string) {
    super(`field path ${JSON.stringify(text)}, column ${column}: expected ${expected}`);
    this.column = column;
  }
}

const BARE = /[^."[\]\s]/;

/**
 * Compiles a field path: keys joined by dots, a key with other characters in double quotes (JSON string escapes), array indices
 * in brackets. `fields.client_id`, `kubernetes.labels."app.kubernetes.io/name"`, `spans[0].name`. Throws {@link PathError}.
 */
export function path(text: string): Path {
  const steps: Step[] = [];
  let at = 0;
  if (text === '') throw new PathError(text, 1, 'a key');
  while (at < text.length) {
    if (steps.length > 0 && text[at] === '[') {
      at = readIndex(text, at, steps);
      continue;
    }
    if (steps.length > 0) {
      if (text[at] !== '.') throw new PathError(text, at + 1, '"." or "["');
      at++;
    }
    at = text[at] === '"' ? readQuoted(text, at, steps) : readBare(text, at, steps);
  }
  return { text, steps };
}

function readIndex(text: string, at: number, steps: Step[]): number {
  const match = /^\[(\d{1,9})\]/.exec(text.slice(at));
  if (!match) throw new PathError(text, at + 2, 'an array index and "]"');
  steps.push(Number(match[1]));
  return at + match[0].length;
}

function readBare(text: string, at: number, steps: Step[]): number {
  let end = at;
  while (end < text.length && BARE.test(text[end]!)) end++;
  if (end === at) throw new PathError(text, at + 1, 'a key (quote one that holds . " [ ] or white space)');
  steps.push(text.slice(at, end));
  return end;
}

function readQuoted(text: string, at: number, steps: Step[]): number {
  const match = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at));
  if (!match) throw new PathError(text, at + 1, 'a closing quote');
  try {
    steps.push(JSON.parse(match[0]) as string);
  } catch {
    throw new PathError(text, at + 1, 'a key quoted like a JSON string');
  }
  return at + match[0].length;
}

/** The text of a path made of steps, quoted where needed; `path(printPath(steps)).steps` equals `steps`. */
export function printPath(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else
      text +=
        (text === '' ? '' : '.') + (step !== '' && [...step].every((c) => BARE.test(c)) ? step : JSON.stringify(step));
  }
  return text;
}
