import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventQueue } from './event-queue.ts';

test('property: things come out by their time, also when pushed between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50), { nil: undefined }), { maxLength: 60 }), (actions) => {
      const queue = createEventQueue<{ at: number }>();
      const model: number[] = [];
      for (const at of actions) {
        if (at === undefined) {
          expect(queue.peek()?.at).toBe(model[0]);
          expect(queue.pop()?.at).toBe(model.shift());
          continue;
        }
        queue.push({ at });
        model.push(at);
        model.sort((left, right) => left - right);
      }
      while (model.length > 0) expect(queue.pop()?.at).toBe(model.shift());
      expect(queue.pop()).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});
