import { readFile, writeFile } from 'node:fs/promises';
import { AXES, type MatrixCase, nameOf, pairCases } from './axes.ts';
import { type CaseResult, hasFailed, type PlayedCase, totalsOf } from './result.ts';

const BEGIN = '<!-- faults: begin -->';
const END = '<!-- faults: end -->';

/** One line about a case, for whoever watches. */
export function lineOf(result: CaseResult): string {
  if (result.skipped !== undefined) return `skipped ${result.name}: ${result.skipped}`;
  const { verdict, failedRestarts, problems, seconds, name } = result;
  const faults = Object.entries({ ...verdict, failedRestarts }).filter(
    ([key, n]) => typeof n === 'number' && n > 0 && key !== 'issued',
  );
  const numbers = faults.map(([key, n]) => `${key} ${n}`);
  const words = [`${verdict.issued} issued`, ...numbers, ...problems, ...(hasFailed(result) ? verdict.examples : [])];
  return `${hasFailed(result) ? 'FAILED' : 'ok    '}  ${name} (${seconds.toFixed(1)} s): ${words.join(', ')}`;
}

/** Writes the results between the two markers of a document. */
export async function writeTable(file: string, results: readonly CaseResult[]): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`${file}: ${BEGIN} and ${END} have to stand in it, in this order`);
  await writeFile(file, `${text.slice(0, begin + BEGIN.length)}\n\n${tables(results)}\n\n${text.slice(end)}`);
}

function tables(results: readonly CaseResult[]): string {
  const cells = new Map(results.map((result) => [result.name, result]));
  const matrix = pairCases().flatMap((one) => {
    const result = cells.get(nameOf(one));
    return result === undefined ? [] : [{ one, result }];
  });
  const inMatrix = new Set(matrix.map(({ result }) => result));
  const named = results.filter((result) => !inMatrix.has(result));
  const rows = Object.entries(AXES).flatMap(([axis, values]) =>
    values.map((value) => {
      const those = matrix.filter(({ one }) => one[axis as keyof MatrixCase] === value);
      return rowOf(
        `${axis}: \`${value}\``,
        those.map(({ result }) => result),
      );
    }),
  );
  const failures = results.filter(hasFailed).map((result) => `- ${lineOf(result).replace(/^FAILED +/, '')}`);
  return [
    `${HEAD}\n${rows.join('\n')}\n${rowOf('**all cells**', [...inMatrix])}`,
    `${HEAD}\n${named.map((result) => rowOf(result.name, [result])).join('\n')}\n${rowOf('**all**', results)}`,
    failures.length === 0 ? 'No case failed.' : `Failed in this run:\n\n${failures.join('\n')}`,
  ].join('\n\n');
}

const HEAD = `| | cases | skipped | issued | lost | unreachable | doubled | invented | dead letters | failed restarts |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|`;

function rowOf(what: string, results: readonly CaseResult[]): string {
  const { cases, issued, lost, unreachable, duplicated, invented, failed_restarts } = totalsOf(results);
  const played = results.filter((result): result is PlayedCase => result.skipped === undefined);
  const letters = played.reduce((sum, { verdict }) => sum + verdict.deadLetters, 0);
  const numbers = [
    cases,
    results.length - cases,
    issued,
    lost,
    unreachable,
    duplicated,
    invented,
    letters,
    failed_restarts,
  ];
  return `| ${what} | ${numbers.map((n) => n.toLocaleString('en-US')).join(' | ')} |`;
}
