import { MAX_DEPTH } from './lock-down.ts';

const CODES = [
  /** Not one statement that reads, or one that DuckDB cannot bind or finish: the one who asked can correct it. */
  'bad_statement',
  /** It took longer than it was given. */
  'too_slow',
  /** It needed more memory than the store may take, or one row of the answer is too large. */
  'too_large',
  /** Too many others wait already. */
  'busy',
  /** The one who asked has gone. */
  'aborted',
  /** The store itself cannot be read. */
  'failed',
] as const;

/** Why a read gave no answer. */
export type ReadErrorCode = (typeof CODES)[number];

/** Whether a text is one of the codes. */
export function isReadErrorCode(code: string): code is ReadErrorCode {
  return (CODES as readonly string[]).includes(code);
}

/** A read that gave no answer; the message says what is wrong, where in the statement, and what to do. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
  readonly code: ReadErrorCode;
  constructor(code: ReadErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What to do about a class of errors of DuckDB, each named as its messages begin. */
const ADVICE: Readonly<Record<string, string>> = {
  Catalog: 'SHOW TABLES and DESCRIBE logs say what is there',
  Binder: 'SHOW TABLES and DESCRIBE logs say what is there',
  Permission: 'a query reads the store and nothing else',
  TransactionContext: 'a query can only read the store',
};

/** What DuckDB said, as an error for the one who asked. */
export function explain(error: unknown): ReadError {
  if (error instanceof ReadError) return error;
  const text = (error instanceof Error ? error.message : String(error)).replace(/^Failed to \w+ statements: /, '');
  const [, kind = '', said = text] = /^([A-Z][A-Za-z ]*?) ?Error: (.*)$/s.exec(text) ?? [];
  if (kind === 'Out of Memory') return new ReadError('too_large', TOO_MUCH_MEMORY);
  if (kind === 'FATAL' || kind === 'INTERNAL' || kind === 'IO') return new ReadError('failed', oneSentence(text));
  const tooDeep = depthProblem(said);
  if (tooDeep !== null) return tooDeep;
  const place = placeFromMarks(said);
  const advice = ADVICE[kind];
  const what = oneSentence(said.replace(MARKS, ''));
  return new ReadError('bad_statement', `${place}${what}${advice === undefined ? '' : ` (${advice})`}`);
}

const TOO_MUCH_MEMORY =
  'the statement needs more memory than it may take (memory_limit of the sink while a pipeline runs, otherwise 1 GiB): ask for a shorter time, fewer groups or fewer columns';

/** What DuckDB's sentence about expressions that stand too deep inside each other means; `null` for any other one. */
export function depthProblem(said: string): ReadError | null {
  if (!said.startsWith('Max expression depth')) return null;
  // Long sums count, too: each + stands inside the next one.
  const message = `its expressions stand more than ${MAX_DEPTH} deep inside each other: nest less, and write a long sum as list_sum([…])`;
  return new ReadError('bad_statement', message);
}

/** The line and the mark under it that end a message of DuckDB. */
const MARKS = /\n+LINE (\d+): ([^\n]*)\n( *)\^\s*$/;

/** `line 2, column 7: `, from the mark under the line; empty where DuckDB has set none or shows a part of the line only. */
function placeFromMarks(said: string): string {
  const [, line, shown = '', indent = ''] = MARKS.exec(said) ?? [];
  if (line === undefined) return '';
  if (shown.startsWith('...')) return `line ${line}: `;
  return `line ${line}, column ${indent.length - `LINE ${line}: `.length + 1}: `;
}

/** `line 2, column 7: ` for a place in a statement, counted in characters. */
export function placeAt(sql: string, index: number): string {
  const lines = [...sql].slice(0, index).join('').split('\n');
  return `line ${lines.length}, column ${[...lines.at(-1)!].length + 1}: `;
}

function oneSentence(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}
