import type { Stream } from '@tailrace/core';
import { FLAG } from '@tailrace/kernel';
import type { Arrivals } from '../record-format.ts';

/** One log event as a test writes it. */
export interface TestEvent {
  readonly stream?: string;
  readonly offset: number;
  readonly end?: number;
  readonly sub?: number;
  readonly merged?: boolean;
  /** Unix milliseconds. */
  readonly time?: number;
  /** JSON text, or a value that becomes one. */
  readonly event?: unknown;
}

/** A stream of a file. */
function streamOf(id: string): Stream {
  return { id, source: 'input', label: `/var/log/${id}`, firstSeen: 1_700_000_000, replayBelow: 0 };
}

/** Log events as the sink hands them to the store. */
export function arrivalsOf(events: readonly TestEvent[]): Arrivals {
  const streams = new Map<string, Stream>();
  const stream = (id: string): Stream => {
    const known = streams.get(id) ?? streamOf(id);
    streams.set(id, known);
    return known;
  };
  return {
    signal: 'logs',
    length: events.length,
    positions: events.map(({ stream: id = 'stream-of-tests-', offset, end = offset + 1, sub = 0 }) => ({
      stream: stream(id),
      offset,
      end,
      sub,
    })),
    flags: Uint8Array.from(events, ({ merged }) => (merged ? FLAG.merged : 0)),
    micros: Float64Array.from(events, ({ time = 0 }) => time * 1000),
    payloads: events.map(({ event = {} }) => Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))),
  };
}
