import { expect, test } from 'vitest';
import { giveArena, takeArena } from './arena.ts';

const MIB = 1 << 20;

test('memory that was given back is used again, as far as it is kept; the rest is freed at once', () => {
  const taken = Array.from({ length: 12 }, () => takeArena(MIB));
  const buffers = new Set(taken.map(({ buffer }) => buffer));
  for (const text of taken) giveArena(text);
  const kept = [...buffers].filter(({ byteLength }) => byteLength > 0);
  expect(kept.length).toBeGreaterThan(4);
  expect(kept.length).toBeLessThan(12);
  for (const text of taken) expect(() => giveArena(text)).toThrow('given back twice');
  expect(buffers).toContain(takeArena(MIB).buffer);
});
