import { countText } from '@tailrace/core';
import { write } from '../output.ts';
import { eachLetter, type Streams, wasRead } from './dead-letters.ts';
import type { LetterChoice } from './dead-letters-choice.ts';
import { plain } from './dead-letters-text.ts';

/** How many letters a component wrote with a code. */
interface Count {
  readonly component: string;
  readonly code: string;
  letters: number;
  bytes: number;
  /** Times in RFC 3339. */
  first: string;
  last: string;
}

/** `tailrace dead-letters stats`: how many letters there are, by component and code. */
export async function statsCommand(paths: readonly string[], choice: LetterChoice, streams: Streams): Promise<number> {
  const counts = new Map<string, Count>();
  const code = await eachLetter(paths, choice, streams, (line, letter) => {
    const key = JSON.stringify([letter.component, letter.code]);
    const { component, code: why, time } = letter;
    const count = counts.get(key) ?? { component, code: why, letters: 0, bytes: 0, first: time, last: time };
    counts.set(key, count);
    count.letters++;
    count.bytes += line.to - line.from;
    if (Date.parse(time) < Date.parse(count.first)) count.first = time;
    if (Date.parse(time) > Date.parse(count.last)) count.last = time;
    return Promise.resolve(true);
  });
  if (!wasRead(code)) return code;
  const sorted = [...counts.values()].toSorted((a, b) => b.letters - a.letters);
  const letters = sorted.reduce((sum, count) => sum + count.letters, 0);
  await write(streams.stdout, choice.json ? `${JSON.stringify({ letters, by: sorted })}\n` : table(sorted, letters));
  return code;
}

function table(counts: readonly Count[], letters: number): string {
  const rows = [['component', 'code', 'letters', 'bytes', 'first', 'last']];
  for (const { component, code, letters: count, bytes, first, last } of counts) {
    const numbers = [count, bytes].map(countText);
    rows.push([plain(component), plain(code), ...numbers, plain(first), plain(last)]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = rows.map((row) =>
    row.map((cell, k) => (k === 2 || k === 3 ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!))).join('  '),
  );
  const sum = `${countText(letters)} dead ${letters === 1 ? 'letter' : 'letters'}`;
  return [...(counts.length > 0 ? text : []), sum].map((line) => `${line.trimEnd()}\n`).join('');
}
