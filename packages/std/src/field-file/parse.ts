import { readFileSync } from 'node:fs';
import { type FieldFile, type FieldProblem, fieldFileFrom } from '@tailrace/core';
import { isMap, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

/** A problem of a field file; line and column count from 1. */
export interface PlacedProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A field file that cannot be used, with every problem in it. */
export class FieldFileError extends Error {
  override readonly name = 'FieldFileError';
  readonly problems: readonly PlacedProblem[];
  constructor(fileName: string, problems: readonly PlacedProblem[]) {
    super(problems.map(({ line, column, message }) => `${fileName}:${line}:${column} ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Reads a field file's YAML text. Throws {@link FieldFileError}. */
export function parseFieldFile(text: string, fileName: string): FieldFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placed = (offset: number, message: string): PlacedProblem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, message };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => placed(error.pos[0], firstLine(error.message)));
    throw new FieldFileError(fileName, problems);
  }
  const { fields, problems } = fieldFileFrom(document.toJS());
  if (problems.length === 0) return { fields };
  const root = document.contents;
  throw new FieldFileError(
    fileName,
    problems
      .map((problem) => placed(offsetOf(root, problem.at), sentence(problem)))
      .sort((a, b) => a.line - b.line || a.column - b.column),
  );
}

/** Reads a field file from the disk, synchronously: plugins do it once, when they are created. Throws {@link FieldFileError} or the error of the file system. */
export function loadFieldFile(file: string): FieldFile {
  return parseFieldFile(readFileSync(file, 'utf8'), file);
}

function sentence({ at, message }: FieldProblem): string {
  const way = at.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(' > ');
  return way === '' ? message : `${way.replaceAll(' > [', '[')}: ${message}`;
}

/** Where the last member on the way stands that is there: its key, an item, or the document's begin. */
function offsetOf(root: Node | null, at: FieldProblem['at']): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of at) {
    if (isMap(node)) {
      const pair = (node.items as Pair<Node, Node>[]).find(({ key }) => String(key) === String(step));
      if (!pair) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[step as number];
      offset = (node as Node).range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

// The parser's messages go on with an excerpt; the place says enough.
const firstLine = (message: string): string => message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
