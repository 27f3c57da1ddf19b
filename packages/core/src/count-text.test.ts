import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countText } from './count-text.ts';

test('whole numbers are grouped as in English', () => {
  const whole = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1e7, max: 1e7 }), fc.nat(2000));
  fc.assert(
    fc.property(whole, (count) => {
      expect(countText(count)).toBe(count.toLocaleString('en-US'));
    }),
  );
});
