import { countText } from '@tailrace/core';
import { createLog, ReplayError, type ReplaySummary, replayLetters, StateError, summaryText } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { load, problemsText } from '../pipeline.ts';
import { version } from '../version.ts';
import { damageText, type Streams } from './dead-letters.ts';
import { filterOf, type LetterChoice, letterFilesAt } from './dead-letters-choice.ts';
import { isBug, stopOnSignals } from './run-to-end.ts';

const IN_USE = 'Stop what runs with this data_dir, replay, and start it again; nothing is lost meanwhile.\n';

/** Options of the command beside those that choose letters. */
export interface ReplayChoice extends LetterChoice {
  readonly into?: string;
  readonly from?: string[];
  readonly keep?: true;
}

/** `tailrace dead-letters replay`: sends letters through the pipeline once more, to its end. */
export async function replayCommand(
  files: readonly string[],
  choice: ReplayChoice,
  { stderr }: Pick<Streams, 'stderr'>,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  const from = choice.from && (await letterFilesAt(choice.from, stderr));
  if (typeof from === 'number') return from;
  const stopping = stopOnSignals(stderr);
  try {
    const summary = await replayLetters(config, {
      filter: filterOf(choice),
      into: choice.into,
      from,
      keep: choice.keep === true,
      stop: stopping.signal,
      log: await createLog(config.settings.log.level),
      version: version(),
      env: process.env,
      onDamage: (line) => stderr.write(damageText(line)),
    });
    stderr.write(replayText(summary));
    const left = summary.letters - summary.settled;
    return summary.run?.ok === false || summary.damaged > 0 || left > 0 ? EXIT.failed : EXIT.ok;
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: cannot replay: ${(error as Error).message}\n`);
    if (error instanceof ReplayError) return EXIT.config;
    if (error instanceof StateError && error.message.includes('in use')) stderr.write(IN_USE);
    return EXIT.unavailable;
  } finally {
    stopping.end();
  }
}

function replayText({ letters, settled, damaged, removed, run }: ReplaySummary): string {
  const refused = run?.deadLetters ?? 0;
  const lines = [
    letters === 0
      ? 'no dead letters to replay'
      : `replayed ${countText(settled)} of ${countText(letters)} dead letters`,
  ];
  if (refused > 0) lines.push(`${countText(refused)} were refused again and are dead letters anew`);
  if (settled < letters) lines.push(`${countText(letters - settled)} are left: replay again to go on`);
  if (damaged === 1) lines.push('1 damaged line was skipped; its file is kept');
  if (damaged > 1) lines.push(`${countText(damaged)} damaged lines were skipped; their files are kept`);
  for (const path of removed) lines.push(`removed ${path}: nothing is left in it`);
  return `${run ? summaryText(run) : ''}${lines.join('\n')}\n`;
}
