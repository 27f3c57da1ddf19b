import type { Events } from '@tailrace/kernel';
import type { Stream } from './batch.ts';
import { printJson } from './json.ts';
import type { LogColumns } from './log-batch.ts';

/** One log event that a source has read. */
export interface ReadEvent {
  readonly event: object;
  /** Where it was read: the first byte (or the count, where there are no bytes), and the first one behind it. Rising within a stream. */
  readonly offset: number;
  readonly end: number;
  /** Its own time in nanoseconds since 1970; without it, the time of reading stands for it. */
  readonly time?: bigint | undefined;
}

const OWN_TIME = 1;

/** What `context.newBatch` takes, of events as objects; `readAt` in milliseconds since 1970. Sources of bytes frame them with the kernel. */
export function readEvents(
  stream: Stream,
  read: readonly ReadEvent[],
  readAt: number = Date.now(),
): { events: Events; columns: LogColumns } {
  const { length } = read;
  const texts = read.map(({ event }) => Buffer.from(printJson(event)));
  const end = new Uint32Array(length);
  for (const [i, text] of texts.entries()) end[i] = (end[i - 1] ?? 0) + text.length;
  const start = end.map((at, i) => at - texts[i]!.length);
  const times = read.map(({ time }) => time ?? BigInt(Math.floor(readAt)) * 1_000_000n);
  return {
    events: { text: new Uint8Array(Buffer.concat(texts)), start, end, length },
    columns: {
      streams: [stream],
      stream: new Uint16Array(length),
      offset: Float64Array.from(read, ({ offset }) => offset),
      endOffset: Float64Array.from(read, (one) => one.end),
      sub: new Uint32Array(length),
      seconds: Float64Array.from(times, (time) => Number(time / 1_000_000_000n)),
      nanos: Uint32Array.from(times, (time) => Number(time % 1_000_000_000n)),
      flags: Uint8Array.from(read, ({ time }) => (time === undefined ? 0 : OWN_TIME)),
    },
  };
}
