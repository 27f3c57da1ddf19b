import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf } from './log-batch.fixture.ts';
import { LogBatch } from './log-batch.ts';
import { FrameError, readFrame } from './log-frame.ts';
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

function back(frame: Uint8Array): LogBatch {
  const { events, columns } = readFrame(frame);
  return LogBatch.fromSource(events, columns);
}

test('a batch comes back as it was', () => {
  const batch = sample();
  expect(told(back(batch.toFrame()))).toEqual(told(batch));
  expect(back(batchOf([]).toFrame()).length).toBe(0);
});

test('edits and choices are in the frame, what was not chosen is not', () => {
  const batch = sample();
  batch.set(2, path('edited'), true);
  const chosen = batch.select([2, 0]);
  const frame = chosen.toFrame();
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
      expect(told(back(batch.toFrame()))).toEqual(told(batch));
    }),
    { numRuns: 50 },
  );
});

test('a frame that was cut anywhere is refused', () => {
  const frame = sample().toFrame();
  for (let length = 0; length < frame.length; length++)
    expect(() => readFrame(frame.subarray(0, length))).toThrow(FrameError);
  expect(() => readFrame(new Uint8Array([...frame, 0]))).toThrow(FrameError);
});

test('a changed byte anywhere is found', () => {
  const frame = sample().toFrame();
  for (let at = 0; at < frame.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = frame.slice();
      damaged[at]! ^= flip;
      expect(() => readFrame(damaged), `byte ${at}`).toThrow(FrameError);
    }
  }
});

test('a newer version is refused by its number', () => {
  const frame = sample().toFrame();
  frame[4] = 9;
  expect(() => readFrame(frame)).toThrow('frame version 9 is newer than 1: use a newer tailrace');
});

test('the frame may stand anywhere in memory', () => {
  const frame = sample().toFrame();
  const shifted = new Uint8Array(frame.length + 3);
  shifted.set(frame, 3);
  expect(told(back(shifted.subarray(3)))).toEqual(told(sample()));
});
