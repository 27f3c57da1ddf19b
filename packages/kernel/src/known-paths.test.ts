import fc from 'fast-check';
import { expect, test } from 'vitest';
import { knownPaths, MAX_KNOWN } from './known-paths.ts';

const word = fc.nat(0xffff_ffff);

test('holds what was added and nothing else, however many share a slot', () => {
  const hash = fc.tuple(fc.oneof(word, fc.nat(3)), word).filter(([low, high]) => low !== 0 || high !== 0);
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 300 }), hash, (hashes, other) => {
      const known = knownPaths();
      for (const [low, high] of hashes) known.add(low, high);
      for (const [low, high] of hashes) expect(known.has(low, high)).toBe(true);
      expect(known.has(...other)).toBe(hashes.some(([low, high]) => low === other[0] && high === other[1]));
    }),
  );
});

test('takes no more than it may', () => {
  const known = knownPaths();
  for (let i = 1; i <= MAX_KNOWN + 1; i++) known.add(i, 7);
  expect(known.has(MAX_KNOWN, 7)).toBe(true);
  expect(known.has(MAX_KNOWN + 1, 7)).toBe(false);
  expect(known.slots.length).toBeLessThanOrEqual(1 << 18);
});
