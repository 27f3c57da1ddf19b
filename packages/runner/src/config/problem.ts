import type { Place } from '../component.ts';

/** One thing that is wrong in a pipeline file, and where. */
export interface Problem extends Place {
  /** The way to it in the file, `sinks.out.queue.max_bytes`; empty for the file as a whole. */
  readonly path: string;
  readonly what: string;
  readonly expected?: string | undefined;
  /** The known name that is nearest to an unknown one. */
  readonly near?: string | undefined;
}

/** Takes what a check found. */
export type Report = (problem: Problem) => void;

/** A problem as one line: `file:line:column path: what, expected …, did you mean "…"?`. */
export function printProblem(problem: Problem): string {
  const { file, line, column, path, what, expected, near } = problem;
  const parts = [what];
  if (expected !== undefined) parts.push(`expected ${expected}`);
  if (near !== undefined) parts.push(`did you mean "${near}"?`);
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${parts.join(', ')}`;
}
