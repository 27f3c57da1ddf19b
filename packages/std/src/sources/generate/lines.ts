import { setTimeout as sleep } from 'node:timers/promises';
import { createClock } from '../../generators/clock.ts';
import {
  type ContainerFormat,
  type ContainerWriter,
  createContainerWriter,
  type ProgramLine,
} from '../../generators/container-lines.ts';
import { mirrordEvents } from '../../generators/mirrord.ts';
import { templateLines } from '../../generators/template.ts';
import type { GenerateConfig } from './options.ts';
import { type Period, stopwatch } from './period.ts';

/** Bytes of unsent text after which a chunk is given. */
const CHUNK_BYTES = 256 * 1024;
/** How often a paced run looks for what is due, in milliseconds. */
const PACE_MS = 50;
/** Longest pause, in milliseconds, so that a change of the machine's clock is noticed. */
const LONGEST_PAUSE_MS = 1000;
/** Bytes after which docker and containerd cut a line. */
const CUT_BYTES = 16_384;
/** Seconds that a system has been at work before a run that goes on. */
const WARM_UP = 3600;

/** The lines of a program, with times in seconds after the beginning of the period. */
export function programLines(config: GenerateConfig, { begin, isLive, isResumed }: Period): Iterator<ProgramLine> {
  const { seed, lines = Number.MAX_SAFE_INTEGER, rate } = config;
  const start = new Date(begin).toISOString();
  const settings = { seed, lines, start, ...(rate > 0 ? { rate } : {}) };
  if (config.system === undefined) return templateProgram(settings, config.template ?? []);
  return mirrordEvents({
    ...settings,
    // What went on before now is told once: the next run needs other sessions, of the same people.
    ...(isLive ? { episode: start } : {}),
    // Sessions that were open at the end of the last run never end; those that seem to have begun in it do instead.
    ...(isResumed ? { warmUp: WARM_UP } : {}),
  });
}

function* templateProgram(
  settings: { seed: string | number; lines: number; start: string; rate?: number },
  template: string | readonly string[],
): Generator<ProgramLine> {
  let seq = 0;
  for (const text of templateLines({ ...settings, template })) {
    yield { text, stream: 'stdout', at: seq / (settings.rate ?? 1) };
    seq++;
  }
}

/** Writes lines as a container runtime does. */
export function writerFor(format: ContainerFormat, { begin }: Period): ContainerWriter {
  return createContainerWriter(format, createClock(new Date(begin).toISOString()), CUT_BYTES);
}

/** All lines, as fast as they are taken. */
export function* fastChunks(lines: Iterator<ProgramLine>, writer: ContainerWriter): Generator<Uint8Array> {
  for (let next = lines.next(); next.done !== true; next = lines.next()) {
    writer.write(next.value);
    if (writer.pending() >= CHUNK_BYTES) yield writer.take();
  }
  writer.end();
  if (writer.pending() > 0) yield writer.take();
}

/** Whole lines when they are due: those of the lead at once and, unless it `ends` there, the others by their times. */
export async function* pacedChunks(
  lines: Iterator<ProgramLine>,
  writer: ContainerWriter,
  { period, ends, signal }: { readonly period: Period; readonly ends: boolean; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const elapsed = ends ? () => 0 : stopwatch(period);
  let next = lines.next();
  for (;;) {
    const due = period.lead + elapsed();
    for (; next.done !== true && next.value.at <= due; next = lines.next()) {
      writer.write(next.value);
      if (writer.pending() >= CHUNK_BYTES) yield writer.take();
    }
    if (next.done === true || ends) writer.end();
    if (writer.pending() > 0) yield writer.take();
    if (next.done === true || ends) return;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(PACE_MS, (next.value.at - due) * 1000));
    const stopped = await sleep(pause, false, { signal }).catch(() => true);
    if (stopped) return;
  }
}
