import { createClock } from './clock.ts';
import { createContainerWriter } from './container-lines.ts';
import { type AnswerCollector, createAnswerCollector, type MirrordAnswers } from './mirrord/answers.ts';
import { type MirrordOptions, type MirrordSettings, mirrordSettings } from './mirrord/options.ts';
import type { MirrordRecord } from './mirrord/record.ts';
import { mirrordRecords } from './mirrord/records.ts';

export { answersAsJson, type MirrordAnswers } from './mirrord/answers.ts';
export { OLD_MESSAGE_NAMES } from './mirrord/functional.ts';
export { type MirrordOptions, mirrordPresets } from './mirrord/options.ts';
export type { MirrordRecord } from './mirrord/record.ts';

/**
 * Yields the log file of a mirrord operator as buffers of many whole lines, about 256 KiB each. `lines` counts events: the further parts of
 * a long event that docker or CRI cuts come on top. Throws RangeError on an impossible option.
 */
export function mirrordLines(options: MirrordOptions): Generator<Buffer, void, undefined> {
  const settings = mirrordSettings(options);
  return writeRecords(mirrordRecords(settings), settings);
}

/** Says what a correct pipeline finds in the lines of the same options, without writing them. */
export function mirrordAnswers(options: MirrordOptions): MirrordAnswers {
  const settings = mirrordSettings(options);
  const collector = createAnswerCollector(settings);
  for (const record of mirrordRecords(settings)) collector.add(record);
  return collector.answers();
}

/** The lines and, once `chunks` has been read to its end, their answers: one pass for both. */
export function mirrordRun(options: MirrordOptions): {
  chunks: Generator<Buffer, void, undefined>;
  answers(): MirrordAnswers;
} {
  const settings = mirrordSettings(options);
  const collector = createAnswerCollector(settings);
  const records = collected(mirrordRecords(settings), collector);
  return { chunks: writeRecords(records, settings), answers: collector.answers };
}

/** Yields the events themselves: the program's text, its stream and time, and the truth about it. */
export function mirrordEvents(options: MirrordOptions): Generator<MirrordRecord, void, undefined> {
  return mirrordRecords(mirrordSettings(options));
}

const CHUNK_BYTES = 256 * 1024;

function* writeRecords(records: Iterable<MirrordRecord>, settings: MirrordSettings) {
  const writer = createContainerWriter(settings.format, createClock(settings.start), settings.cutBytes);
  for (const record of records) {
    writer.write(record);
    if (writer.pending() >= CHUNK_BYTES) yield writer.take();
  }
  writer.end();
  if (writer.pending() > 0) yield writer.take();
}

function* collected(records: Iterable<MirrordRecord>, collector: AnswerCollector) {
  for (const record of records) {
    collector.add(record);
    yield record;
  }
}
