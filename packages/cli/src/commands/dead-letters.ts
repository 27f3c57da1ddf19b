import { type LetterLine, letterFilter, type StoredLetter, storedLetters } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { filterOf, type LetterChoice, letterFilesAt } from './dead-letters-choice.ts';
import { indented, letterRow, letterTitle, plain } from './dead-letters-text.ts';
import { eventPrinter } from './record-text.ts';
import { isBug } from './run-to-end.ts';

/** Where a command writes to. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** `tailrace dead-letters list`: a line per letter. */
export async function listCommand(paths: readonly string[], choice: LetterChoice, streams: Streams): Promise<number> {
  const { stdout } = streams;
  let count = 0;
  const code = await eachLetter(paths, choice, streams, async ({ text }, letter) => {
    if (choice.json) return await write(stdout, `${text}\n`);
    const head = count++ === 0 ? letterTitle() : '';
    return await write(stdout, `${head}${letterRow(letter, stdout.columns)}`);
  });
  if (code === EXIT.ok && count === 0 && !choice.json)
    streams.stderr.write(`no dead letters${paths.length > 0 ? ` in ${paths.join(', ')}` : ''}\n`);
  return code;
}

/** `tailrace dead-letters show`: all that is known about the letters with an id, or an id that begins so. */
export async function showCommand(
  id: string,
  paths: readonly string[],
  choice: LetterChoice,
  { stdout, stderr }: Streams,
): Promise<number> {
  let count = 0;
  const code = await eachLetter(paths, choice, { stdout, stderr }, async (line, letter) => {
    if (!letter.id.startsWith(id)) return true;
    const text = choice.json ? `${line.text}\n` : `${count === 0 ? '' : '\n'}${await letterText(letter, line)}`;
    count++;
    return await write(stdout, text);
  });
  if (count > 0 || !wasRead(code)) return code;
  stderr.write(`no dead letter has the id ${plain(id)}\n`);
  return EXIT.failed;
}

async function letterText(letter: StoredLetter, { file, line }: LetterLine): Promise<string> {
  const { position, eventTime } = letter;
  const { stream, offset, end } = position;
  const rows: [string, string][] = [
    ['id', letter.id],
    ['refused', letter.time],
    ['component', letter.component],
    ['code', letter.code],
    ['message', letter.message],
    ['read from', `${stream.label} (source ${stream.source}), bytes ${offset} to ${end}`],
  ];
  if (eventTime) rows.push(['event time', timeText(eventTime)]);
  rows.push(['stored in', `${file}:${line}`]);
  const head = rows.map(([name, value]) => `${`${name}:`.padEnd(12)}${plain(value)}\n`).join('');
  const print = await eventPrinter(letter.signal);
  return `${head}${indented(print(letter.event))}\n`;
}

function timeText({ seconds, nanos }: NonNullable<StoredLetter['eventTime']>): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${String(nanos).padStart(9, '0')}Z`;
}

/** Visits the chosen letters until `visit` says that nobody reads on; reports damaged lines. */
export async function eachLetter(
  paths: readonly string[],
  choice: LetterChoice,
  { stderr }: Streams,
  visit: (line: LetterLine, letter: StoredLetter) => Promise<boolean>,
): Promise<number> {
  const files = await letterFilesAt(paths, stderr);
  if (typeof files === 'number') return files;
  const filter = letterFilter(filterOf(choice));
  let damaged = 0;
  try {
    for await (const line of storedIn(files, choice)) {
      const { letter } = line.parsed;
      if (!letter) {
        damaged++;
        stderr.write(damageText(line));
      } else if (filter(letter) && !(await visit(line, letter))) return EXIT.ok;
    }
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: cannot read the dead letters: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  }
  if (damaged > 0) stderr.write(`${damaged} damaged ${damaged === 1 ? 'line was' : 'lines were'} skipped\n`);
  return damaged > 0 ? EXIT.failed : EXIT.ok;
}

async function* storedIn(files: readonly string[], { replayed }: LetterChoice): AsyncGenerator<LetterLine> {
  for (const file of files) yield* storedLetters(file, replayed === true);
}

/** Whether letters were looked at, whatever was found. */
export function wasRead(code: number): boolean {
  return code === EXIT.ok || code === EXIT.failed;
}

/** Where a damaged line stands and what is wrong with it. */
export function damageText({ file, line, parsed }: LetterLine): string {
  return `${file}:${line}: ${parsed.letter ? '' : plain(parsed.damage)}\n`;
}
