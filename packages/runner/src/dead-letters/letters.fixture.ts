import { type ErrorCode, LogBatch, type Stream } from '@tailrace/core';
import fc from 'fast-check';
import type { DeadLetter } from './letter.ts';

/** An event as its text and the columns beside it. */
export interface GivenEvent {
  readonly text: string;
  readonly stream: Stream;
  readonly offset: number;
  readonly end: number;
  readonly sub: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly own: boolean;
}

/** A batch of one event, straight from a source. */
export function batchOfEvent(given: GivenEvent): LogBatch {
  const text = new TextEncoder().encode(given.text);
  return LogBatch.fromSource(
    { text, start: Uint32Array.of(0), end: Uint32Array.of(text.length), length: 1 },
    {
      streams: [given.stream],
      stream: Uint16Array.of(0),
      offset: Float64Array.of(given.offset),
      endOffset: Float64Array.of(given.end),
      sub: Uint32Array.of(given.sub),
      seconds: Float64Array.of(given.seconds),
      nanos: Uint32Array.of(given.nanos),
      flags: Uint8Array.of(given.own ? 1 : 0),
    },
  );
}

export interface GivenLetter {
  readonly event: GivenEvent;
  readonly component: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export function letterOf({ event, ...about }: GivenLetter): DeadLetter {
  return { ...about, batch: batchOfEvent(event), index: 0 };
}

/** A letter about an event with this text, everything else plain. */
export function givenLetter(text: string, more: Partial<GivenLetter & GivenEvent> = {}): GivenLetter {
  const stream: Stream = { id: 'AAAAAAAAAAAAAAAA', source: 'in', label: 'a.log', firstSeen: 1000, replayBelow: 0 };
  const event = { text, stream, offset: 0, end: 1, sub: 0, seconds: 1_700_000_000, nanos: 5, own: true, ...more };
  return { event, component: 'out', code: 'document_refused', message: 'no', ...more };
}

const unicode = fc.string({ unit: 'binary', maxLength: 40 });
const space = fc.constantFrom('', ' ', '\t', ' \t ');

/** Any JSON value as text, as any program might write it: white space, long numbers, escapes, keys that come twice. */
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '0', '-0.0', '1.0', '12345678901234567890', '1e+5', '"\\ud800"', '"\\/"'),
    fc.constantFrom('"{\\""', '"}\\\\"', '"[\\"]}"', '"\\\\\\"}"', '",\\"event\\":1"'),
    unicode.map((text) => JSON.stringify(text)),
    fc.tuple(fc.array(tie('value'), { maxLength: 3 }), space).map(([items, s]) => `[${s}${items.join(`,${s}`)}${s}]`),
    members(tie('value')),
  ),
}));

function members(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const key = fc.oneof(unicode, fc.constantFrom('event', 'component', '_id', '__proto__', 'format'));
  return fc
    .tuple(fc.array(fc.tuple(key, of, space), { maxLength: 4 }), space)
    .map(([all, s]) => `{${s}${all.map(([k, v, t]) => `${JSON.stringify(k)}${t}:${s}${v}`).join(`${s},`)}${s}}`);
}

/** Letters about any event, from anywhere, at any time. */
export const anyLetter: fc.Arbitrary<GivenLetter> = fc.record({
  event: fc.record({
    text: members(value),
    stream: fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9_-]{16}$/),
      source: unicode,
      label: unicode,
      firstSeen: fc.nat(2_000_000_000),
      replayBelow: fc.constant(0),
    }),
    offset: fc.maxSafeNat(),
    end: fc.maxSafeNat(),
    sub: fc.nat(0xffff_ffff),
    seconds: fc.integer({ min: -70_000_000_000, max: 300_000_000_000 }),
    nanos: fc.nat(999_999_999),
    own: fc.boolean(),
  }),
  component: unicode.filter((text) => text !== ''),
  code: fc.constantFrom<ErrorCode>('document_refused', 'not_json', 'retry_expired'),
  message: unicode,
});
