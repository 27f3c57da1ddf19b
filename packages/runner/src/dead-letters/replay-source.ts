import { object, PLUGIN_CONTRACT, type SourceContext, type SourceDeclaration, type SourceIo } from '@tailrace/core';
import type { ComponentConfig } from '../component.ts';
import { signalBatch } from './letter-batch.ts';
import type { LetterFile } from './letter-files.ts';
import type { StoredLetter } from './parse-letter.ts';
import type { Ranges } from './ranges.ts';
import { readLetters } from './read-letters.ts';

const BATCH_LETTERS = 500;
const BATCH_BYTES = 1024 * 1024;

/** A file as it was when the replay began; what is appended later belongs to the next replay. */
export interface ReplayFile extends LetterFile {
  readonly key: string;
  readonly done: Ranges;
}

/** What all sources of one replay share. */
export interface ReplayJob {
  readonly files: readonly ReplayFile[];
  /** Id of the component that a letter enters at; `undefined`: it stays where it is. */
  entryOf(letter: StoredLetter): string | undefined;
  /** Letters of a file came to their end, delivered or refused anew. */
  settled(file: ReplayFile, ranges: readonly (readonly [number, number])[]): void;
  /** One of the sources has nothing under way any more. */
  ended(): Promise<void>;
}

/** A source that emits the letters which enter at one component. */
export function replaySource(id: string, entry: string, job: ReplayJob): ComponentConfig {
  const config = object({});
  const declaration: SourceDeclaration = {
    kind: 'source',
    contract: PLUGIN_CONTRACT,
    type: 'dead_letters',
    summary: 'Emits dead letters once more.',
    output: ['logs', 'metrics', 'traces'],
    config,
    examples: [],
    create: ({ context }) => ({ run: (io) => replay(entry, job, context, io) }),
  };
  const place = () => ({ file: '', line: 1, column: 1 });
  return { id, declaration, inputs: [], config: {}, sink: null, folder: '.', place };
}

async function replay(entry: string, job: ReplayJob, context: SourceContext, io: SourceIo): Promise<void> {
  const underWay = new Set<Promise<void>>();
  io.ready();
  for (const file of job.files) {
    if (io.signal.aborted) break;
    for await (const group of groups(file, entry, job)) {
      if (io.signal.aborted) break;
      const batch = signalBatch(
        group.map(({ letter }) => letter),
        context,
      );
      const { settled } = await io.emit(batch, { bytes: group.reduce((sum, { from, to }) => sum + to - from, 0) });
      const ended = settled.then((outcome) => {
        underWay.delete(ended);
        const places = group.map(({ from, to }) => [from, to] as const);
        if (outcome !== 'errored') job.settled(file, places);
      });
      underWay.add(ended);
    }
  }
  io.inputEnded?.();
  while (underWay.size > 0) await Promise.all(underWay);
  await job.ended();
}

interface Placed {
  readonly letter: StoredLetter;
  readonly from: number;
  readonly to: number;
}

/** The letters of a file that enter at `entry` and were not replayed yet, in groups of one signal for a batch each. */
async function* groups(file: ReplayFile, entry: string, job: ReplayJob): AsyncGenerator<Placed[]> {
  let group: Placed[] = [];
  let bytes = 0;
  const skip = (from: number, to: number): boolean => file.done.has(from, to);
  for await (const { parsed, from, to } of readLetters(file.path, { end: file.bytes, skip })) {
    if (!parsed.letter || job.entryOf(parsed.letter) !== entry) continue;
    const isFull = group.length === BATCH_LETTERS || bytes >= BATCH_BYTES;
    if (group[0] && (isFull || group[0].letter.signal !== parsed.letter.signal)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push({ letter: parsed.letter, from, to });
    bytes += to - from;
  }
  if (group.length > 0) yield group;
}
