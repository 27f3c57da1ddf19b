import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameError } from './frame-format.ts';
import { batchOf } from './log-batch.fixture.ts';
import { LogBatch } from './log-batch.ts';
import { path } from './path.ts';

const streams = ['a', 'b'].map((label) => ({
  id: `${label}BcDeFgHiJkLmNoP`,
  source: 'in',
  label: `${label}.lög`,
  firstSeen: 1_793_599_200,
  replayBelow: 2 ** 40,
}));

function sample(): LogBatch {
  return batchOf(['{"n":1}', '{"é":"\\u0000"}', '{}'], {
    streams,
    stream: Uint16Array.of(1, 0, 1),
    offset: Float64Array.of(2 ** 40, 0, 5),
    endOffset: Float64Array.of(2 ** 40 + 9, 4, 9),
    sub: Uint32Array.of(0, 0xffff_ffff, 1),
    seconds: Float64Array.of(-1, 1_793_599_200, 0),
    nanos: Uint32Array.of(999_999_999, 0, 1),
    flags: Uint8Array.of(1, 0, 63),
  });
}

/** All that a batch says about its events. */
function told(batch: LogBatch) {
  return Array.from({ length: batch.length }, (_, i) => [
    batch.text(i),
    batch.position(i),
    batch.id(i),
    batch.time(i),
    batch.hasOwnTime(i),
    batch.indexSeconds(i),
  ]);
}

const whole = (batch: LogBatch): Uint8Array => batch.toFrames(Number.POSITIVE_INFINITY)[0]!.bytes;
const back = (frame: Uint8Array): LogBatch => LogBatch.fromFrame(frame, false);

test('a batch comes back as it was', () => {
  const batch = sample();
  expect(told(back(whole(batch)))).toEqual(told(batch));
  expect(batchOf([]).toFrames(100)).toEqual([]);
});

test('edits and choices are in the frame, what was not chosen is not', () => {
  const batch = sample();
  batch.set(2, path('edited'), true);
  const chosen = batch.select([2, 0]);
  const frame = whole(chosen);
  expect(told(back(frame))).toEqual(told(chosen));
  expect(Buffer.from(frame).includes('\\u0000')).toBe(false);
});

test('any events come back', () => {
  const texts = fc.array(
    fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(texts, (all) => {
      const batch = batchOf(all);
      expect(batch.toFrames(Number.POSITIVE_INFINITY).flatMap(({ bytes }) => told(back(bytes)))).toEqual(told(batch));
    }),
    { numRuns: 50 },
  );
});

test('frames of limited size hold the same events in the same order, as many as fit', () => {
  const sizes = fc.array(fc.nat(300), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 200, max: 2000 }), (lengths, maxBytes) => {
      const streams = Array.from({ length: 3 }, (_, k) => ({
        ...sample().columns.streams[0]!,
        label: `${'ü'.repeat(k * 9)}`,
      }));
      const stream = Uint16Array.from(lengths, (length) => length % 3);
      const batch = batchOf(
        lengths.map((length) => JSON.stringify({ s: 'x'.repeat(length) })),
        { streams, stream },
      );
      const frames = batch.toFrames(maxBytes);
      const batches = frames.map(({ bytes }) => back(bytes));
      expect(frames.map((frame) => frame.events)).toEqual(batches.map((made) => made.length));
      expect(batches.flatMap(told)).toEqual(told(batch));
      for (const [k, frame] of frames.entries()) {
        if (batches[k]!.length > 1) expect(frame.bytes.length).toBeLessThanOrEqual(maxBytes);
        // Only the streams of its own events are in its header.
        const used = new Set(
          Array.from({ length: batches[k]!.length }, (_, i) => batches[k]!.position(i).stream.label),
        );
        expect(new Set(batches[k]!.columns.streams.map(({ label }) => label))).toEqual(used);
      }
      const least = frames.slice(1).map((frame, k) => frames[k]!.bytes.length + frame.bytes.length);
      for (const pair of least) expect(pair).toBeGreaterThan(maxBytes / 2);
    }),
    { numRuns: 100 },
  );
});

test('events that may have been sent before are known as such', () => {
  const batch = LogBatch.fromFrame(whole(sample()), true);
  expect(batch.position(1).stream.replayBelow).toBeGreaterThan(batch.position(1).offset);
  expect(batch.id(1)).toBe(sample().id(1));
  expect(back(whole(sample())).position(1).stream.replayBelow).toBe(2 ** 40);
});

test('a frame that was cut anywhere is refused', () => {
  const frame = whole(sample());
  for (let length = 0; length < frame.length; length++)
    expect(() => back(frame.subarray(0, length))).toThrow(FrameError);
  expect(() => back(new Uint8Array([...frame, 0]))).toThrow(FrameError);
});

test('a changed byte anywhere is found', () => {
  const frame = whole(sample());
  for (let at = 0; at < frame.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = frame.slice();
      damaged[at]! ^= flip;
      expect(() => back(damaged), `byte ${at}`).toThrow(FrameError);
    }
  }
});

test('a newer version is refused by its number', () => {
  const frame = whole(sample());
  frame[4] = 9;
  expect(() => back(frame)).toThrow('frame version 9 is newer than 1: use a newer tailrace');
});

test('another signal is refused', () => {
  const frame = whole(sample());
  frame[6] = 3;
  expect(() => back(frame)).toThrow('frames of signal 3 are not known: use a newer tailrace');
});

test('the frame may stand anywhere in memory', () => {
  const frame = whole(sample());
  const shifted = new Uint8Array(frame.length + 3);
  shifted.set(frame, 3);
  expect(told(back(shifted.subarray(3)))).toEqual(told(sample()));
});
