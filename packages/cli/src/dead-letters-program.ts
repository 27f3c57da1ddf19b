import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { Streams } from './commands/dead-letters.ts';
import type { LetterChoice } from './commands/dead-letters-choice.ts';
import type { ReplayChoice } from './commands/dead-letters-replay.ts';

const PATHS = new Argument('<path...>', 'pipeline files, a folder data_dir, or files of letters');
const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** Adds `tailrace dead-letters` and what it can do. */
export function addDeadLetters(program: Command, streams: Streams): void {
  const letters = program
    .command('dead-letters')
    .description('Look at events that were refused for good, and send them again.');
  addList(letters, streams);
  addShow(letters, streams);
  addStats(letters, streams);
  addReplay(letters, streams);
}

/** Options that say which letters. */
function choosing(command: Command): Command {
  return command
    .option('--component <id>', 'letters of this component (may be given several times)', several)
    .option('--code <code>', 'letters with this error code (may be given several times)', several)
    .option('--since <time>', 'refused at or after this time, or as long ago as 2h', timeOption)
    .option('--until <time>', 'refused before this time, or longer ago than 2h', timeOption);
}

function addList(letters: Command, streams: Streams): void {
  choosing(letters.command('list'))
    .description('Print a line per letter, the oldest first.')
    .addArgument(PATHS)
    .option('--replayed', 'also letters that were replayed already')
    .option('--json', 'print each letter as the JSON line that is stored')
    .addHelpText(
      'after',
      examples(
        'tailrace dead-letters list pipeline.yaml',
        'tailrace dead-letters list --component search --code document_refused --since 2h /var/lib/tailrace',
      ),
    )
    .action(async (paths: string[], choice: LetterChoice) => {
      const { listCommand } = await import('./commands/dead-letters.ts');
      process.exitCode = await listCommand(paths, choice, streams);
    });
}

function addShow(letters: Command, streams: Streams): void {
  choosing(letters.command('show'))
    .description('Print all that is known about the letters with an id.')
    .argument('<id>', 'the id, or how it begins')
    .addArgument(PATHS)
    .option('--replayed', 'also letters that were replayed already')
    .option('--json', 'print each letter as the JSON line that is stored')
    .addHelpText('after', examples('tailrace dead-letters show k3J9xQ0aPz81LmNo-00000001a2f0 pipeline.yaml'))
    .action(async (id: string, paths: string[], choice: LetterChoice) => {
      const { showCommand } = await import('./commands/dead-letters.ts');
      process.exitCode = await showCommand(id, paths, choice, streams);
    });
}

function addStats(letters: Command, streams: Streams): void {
  choosing(letters.command('stats'))
    .description('Count letters by component and error code.')
    .addArgument(PATHS)
    .option('--replayed', 'also letters that were replayed already')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples('tailrace dead-letters stats pipeline.yaml'))
    .action(async (paths: string[], choice: LetterChoice) => {
      const { statsCommand } = await import('./commands/dead-letters-stats.ts');
      process.exitCode = await statsCommand(paths, choice, streams);
    });
}

function addReplay(letters: Command, streams: Streams): void {
  choosing(letters.command('replay'))
    .description('Send letters through the pipeline once more; stop the running pipeline first.')
    .argument('<file...>', 'pipeline files (YAML), corrected')
    .option('--into <id>', 'the component that they enter at; unset: each at the one that refused it')
    .option('--from <path>', 'letters that are not the pipeline\u2019s own (may be given several times)', several)
    .option('--keep', 'keep files in which no letter is left')
    .addHelpText(
      'after',
      examples(
        'tailrace dead-letters replay pipeline.yaml',
        'tailrace dead-letters replay --code document_refused --into record pipeline.yaml',
      ),
    )
    .action(async (files: string[], choice: ReplayChoice) => {
      const { replayCommand } = await import('./commands/dead-letters-replay.ts');
      process.exitCode = await replayCommand(files, choice, streams);
    });
}

/** Collects an option that may be given several times. */
function several(value: string, before: string[] = []): string[] {
  return [...before, value];
}

const MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time in RFC 3339 or a length of time before now, in Unix milliseconds. */
function timeOption(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time = /^\d{4}-\d\d-\d\d([Tt ]|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (count !== undefined) return Date.now() - Number(count) * MILLISECONDS[unit]!;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('It has to be a time (2026-11-21T10:00:00Z) or how long ago it was (30m, 2h, 7d).');
}
