import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchFromFrame } from './frame.ts';
import { FrameError, frameSignal } from './frame-format.ts';
import { RecordBatch, type RecordColumns, type Records, recordFromText } from './record-batch.ts';

const streams = ['a', 'b'].map((label) => ({
  id: `${label}BcDeFgHiJkLmNoP`,
  source: 'in',
  label,
  firstSeen: 1_793_599_200,
  replayBelow: 5,
}));

/** Records `[envelope, bytes]`, each at a place and time of its own. */
function batchOf(given: readonly (readonly [envelope: number, bytes: readonly number[]])[]): RecordBatch<'metrics'> {
  const { length } = given;
  const start = new Uint32Array(length);
  const end = new Uint32Array(length);
  let at = 0;
  for (const [i, [, bytes]] of given.entries()) {
    start[i] = at;
    at += bytes.length;
    end[i] = at;
  }
  const records: Records = {
    text: Uint8Array.from(given.flatMap(([, bytes]) => bytes)),
    start,
    end,
    length,
    envelopes: Array.from({ length: 4 }, (_, k) => Uint8Array.from(Array.from({ length: k * 7 }, () => k))),
    envelope: Uint32Array.from(given, ([envelope]) => envelope),
  };
  const columns: RecordColumns = {
    streams,
    stream: Uint16Array.from(given, (_, i) => i % 2),
    offset: Float64Array.from(given, (_, i) => 2 ** 40 + i),
    endOffset: Float64Array.from(given, (_, i) => 2 ** 40 + i + 1),
    sub: Uint32Array.from(given, (_, i) => i),
    seconds: Float64Array.from(given, (_, i) => i - 1),
    nanos: Uint32Array.from(given, (_, i) => 999_999_999 - i),
  };
  return RecordBatch.fromSource('metrics', records, columns);
}

function told(batch: RecordBatch) {
  return Array.from({ length: batch.length }, (_, i) => ({
    record: [...batch.record(i)],
    envelope: [...batch.envelopeOf(i)],
    position: batch.position(i),
    id: batch.id(i),
    time: batch.time(i),
    text: batch.text(i),
  }));
}

const given = fc.array(fc.tuple(fc.nat(3), fc.array(fc.nat(255), { maxLength: 60 })), { minLength: 1, maxLength: 30 });

test('any records come back from frames of limited size, in order, each envelope once a frame', () => {
  fc.assert(
    fc.property(given, fc.integer({ min: 300, max: 3000 }), (records, maxBytes) => {
      const batch = batchOf(records);
      const frames = batch.toFrames(maxBytes);
      const back = frames.map(({ bytes }) => batchFromFrame(bytes, false) as RecordBatch);
      expect(back.flatMap(told)).toEqual(told(batch));
      for (const [k, one] of back.entries()) {
        expect(one.signal).toBe('metrics');
        expect(frames[k]!.events).toBe(one.length);
        if (one.length > 1) expect(frames[k]!.bytes.length).toBeLessThanOrEqual(maxBytes);
        expect(new Set(one.records().envelope).size).toBe(one.records().envelopes.length);
      }
    }),
    { numRuns: 100 },
  );
});

test('the chosen records, in that order, with the envelopes they need', () => {
  fc.assert(
    fc.property(given, fc.array(fc.nat(29)), (records, wanted) => {
      const batch = batchOf(records);
      const indices = wanted.filter((i) => i < batch.length);
      const chosen = batch.select(indices);
      expect(told(chosen)).toEqual(indices.map((i) => told(batch)[i]));
      expect(chosen.records().envelopes.length).toBe(new Set(indices.map((i) => records[i]![0])).size);
      expect([...chosen.lineage.input!]).toEqual(indices);
    }),
    { numRuns: 100 },
  );
});

test('the text of a record says its exact bytes', () => {
  const batch = batchOf([[2, [0, 255, 10]]]);
  const read = recordFromText(batch.text(0))!;
  expect([...read.record]).toEqual([0, 255, 10]);
  expect([...read.envelope]).toEqual([...batch.envelopeOf(0)]);
  expect(recordFromText('{"log":"x"}')).toBeUndefined();
});

test('what may have been sent before says so', () => {
  const batch = batchOf([[0, []]]);
  const whole = batch.toFrames(Number.POSITIVE_INFINITY)[0]!.bytes;
  for (const one of [batchFromFrame(whole, true), batch.forkToRepeat()])
    expect(one.position(0).stream.replayBelow).toBe(Number.MAX_SAFE_INTEGER);
  expect(batchFromFrame(whole, false).position(0).stream.replayBelow).toBe(5);
});

test('a released batch gives nothing out; its places stay', () => {
  const batch = batchOf([[1, [1]]]);
  const { bytes } = batch;
  batch.release();
  expect(() => batch.record(0)).toThrow('was released');
  expect(() => batch.envelopeOf(0)).toThrow('was released');
  expect(batch.id(0)).toBe('aBcDeFgHiJkLmNoP-010000000000');
  expect(batch.bytes).toBe(bytes);
});

test('damage anywhere in a frame is found', () => {
  const [frame] = batchOf([
    [1, [1, 2, 3]],
    [2, [4]],
  ]).toFrames(10_000);
  expect(frameSignal(frame!.bytes)).toBe('metrics');
  for (let at = 0; at < frame!.bytes.length; at++) {
    const damaged = frame!.bytes.slice();
    damaged[at]! ^= 1;
    expect(() => batchFromFrame(damaged, false)).toThrow(FrameError);
  }
});
