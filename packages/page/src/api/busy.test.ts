import { expect, it } from 'vitest';
import { createBusy } from './busy.ts';

it('tells when the first begins and when the last has ended, whatever became of it', async () => {
  const busy = createBusy();
  const told: boolean[] = [];
  const leave = busy.onChange((isBusy) => told.push(isBusy));
  const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const all = [busy.during(() => first.promise), busy.during(() => second.promise)];
  expect(told).toEqual([true]);
  first.resolve(1);
  expect(await all[0]).toBe(1);
  expect(told).toEqual([true]);
  second.reject(new Error('no'));
  await expect(all[1]).rejects.toThrow('no');
  expect(told).toEqual([true, false]);
  leave();
  await busy.during(() => Promise.resolve());
  expect(told).toEqual([true, false]);
});
