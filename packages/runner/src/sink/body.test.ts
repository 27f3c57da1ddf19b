import type { Batch } from '@tailrace/core';
import { ByteWriter } from '@tailrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Body, bodyOf, eventAt, type Slice } from './body.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bodies as arrays: what each entry says, and the batch and event it is. */
function built(batches: readonly string[][]): {
  body: Body;
  expected: { text: string; batch: number; index: number }[];
} {
  const texts = batches.flat();
  const writer = new ByteWriter(texts.join('').length * 4 + 1, texts.length + 1);
  const slices: Slice[] = [];
  const expected: { text: string; batch: number; index: number }[] = [];
  for (const [b, entries] of batches.entries()) {
    if (entries.length === 0) continue;
    // Slices begin in the middle of their batches.
    const from = b + 1;
    slices.push({ batch: b as unknown as Batch, from, to: from + entries.length, entry: writer.entries });
    for (const [k, text] of entries.entries()) {
      expect(writer.append(encoder.encode(text))).toBe(true);
      expected.push({ text, batch: b, index: from + k });
    }
  }
  return { body: bodyOf(writer, slices, () => undefined), expected };
}

function shown(body: Body): { text: string; batch: number; index: number }[] {
  const all: { text: string; batch: number; index: number }[] = [];
  for (let entry = 0; entry < body.entries; entry++) {
    const text = decoder.decode(body.pick([entry]).bytes);
    const { batch, index } = eventAt(body.slices, entry);
    all.push({ text, batch: batch as unknown as number, index });
  }
  return all;
}

const chosen = (from: number): fc.Arbitrary<number[]> =>
  fc.subarray(
    Array.from({ length: from }, (_, k) => k),
    { minLength: 1 },
  );

it('picks entries as filter picks array elements, again and again', () => {
  const batches = fc
    .array(fc.array(fc.string({ maxLength: 5, unit: 'grapheme' }), { maxLength: 5 }), { minLength: 1, maxLength: 5 })
    .filter((all) => all.flat().length > 0);
  fc.assert(
    fc.property(
      batches.chain((all) => fc.tuple(fc.constant(all), chosen(all.flat().length))),
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
      ([all, first], picks) => {
        const { body, expected } = built(all);
        expect(shown(body)).toEqual(expected);
        expect(decoder.decode(body.bytes)).toBe(all.flat().join(''));
        let part = body.pick(first);
        let model = first.map((entry) => expected[entry]!);
        for (const seed of picks) {
          const keep = model.map((_, k) => k).filter((k) => ((seed >> (k % 10)) & 1) === 0);
          if (keep.length === 0) break;
          part = part.pick(keep);
          model = keep.map((k) => model[k]!);
        }
        expect(shown(part)).toEqual(model);
        expect(decoder.decode(part.bytes)).toBe(model.map(({ text }) => text).join(''));
        expect(part.slices.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(model.length);
      },
    ),
    { numRuns: 200 },
  );
});

it('keeps the count of tries and the time of the first', () => {
  const { body } = built([['a', 'b']]);
  expect(body.tried(0)).toBe(false);
  body.attempts = 2;
  body.firstTried = 17;
  const part = body.pick([1]);
  expect([part.attempts, part.firstTried, part.tried(0)]).toEqual([2, 17, true]);
});
