import { expect, it } from 'vitest';
import type { Body } from './body.ts';
import { type BodySize, bodySize } from './body-size.ts';

/** All that the bound looks at. */
const body = (bytes: number, entries = 2): Body => ({ bytes: new Uint8Array(bytes), entries }) as Body;

/** Two refusals are what it takes. */
function refuse(size: BodySize, bytes: number): void {
  expect([size.refused(body(bytes)), size.refused(body(bytes))]).toEqual([false, true]);
}

it('lets everything through until a body was turned away, then a quarter of it', () => {
  const size = bodySize(1000);
  expect(size.isTooLarge(body(1000))).toBe(false);
  refuse(size, 800);
  expect([200, 201].map((bytes) => size.isTooLarge(body(bytes)))).toEqual([false, true]);
  refuse(size, 1000);
  expect(size.isTooLarge(body(201))).toBe(true);
  expect(size.isTooLarge(body(201, 1))).toBe(false);
});

it('grows with the bodies that are taken, up to where it does not count any more', () => {
  const size = bodySize(1000);
  refuse(size, 400);
  for (let k = 0; k < 100; k++) size.taken(body(10));
  expect(size.isTooLarge(body(101))).toBe(true);
  size.taken(body(100));
  expect([105, 106].map((bytes) => size.isTooLarge(body(bytes)))).toEqual([false, true]);
  // One entry may be larger than the bound, and was taken.
  size.taken(body(600, 1));
  expect(size.isTooLarge(body(630))).toBe(false);
  for (let k = 0; k < 12; k++) size.taken(body(900));
  expect(size.isTooLarge(body(1000))).toBe(false);
});

it('does not blame the size of what was taken before, until that is long ago', () => {
  const size = bodySize(1000);
  size.taken(body(400));
  expect(size.refused(body(400))).toBe(false);
  expect(size.isTooLarge(body(1000))).toBe(false);
  size.taken(body(400));
  expect([1, 2, 3].map(() => size.refused(body(300)))).toEqual([false, false, true]);
  expect([200, 201].map((bytes) => size.isTooLarge(body(bytes)))).toEqual([false, true]);
});

it('counts refusals anew when more than ever was taken', () => {
  const size = bodySize(1000);
  expect(size.refused(body(400))).toBe(false);
  size.taken(body(300));
  expect([1, 2].map(() => size.refused(body(400)))).toEqual([false, true]);
});
