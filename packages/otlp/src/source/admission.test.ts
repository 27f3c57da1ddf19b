import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admission } from './admission.ts';

const going = new AbortController().signal;

test('who comes in is counted until the end, which counts once', async () => {
  const doors = admission(100, 10);
  const hold = await doors.enter(0, going);
  expect(hold?.grow(60)).toBe(true);
  expect([doors.bytes, doors.requests]).toEqual([60, 1]);
  hold?.shrink(20);
  expect(doors.bytes).toBe(40);
  hold?.end();
  hold?.end();
  expect([doors.bytes, doors.requests]).toEqual([0, 0]);
});

test('a body that does not fit beside the others is told so, and takes nothing', async () => {
  const doors = admission(100, 10);
  const first = await doors.enter(0, going);
  const second = await doors.enter(0, going);
  expect(first?.grow(80)).toBe(true);
  expect(second?.grow(21)).toBe(false);
  expect(second?.grow(20)).toBe(true);
  expect(doors.bytes).toBe(100);
});

test('alone a request has the room that it needs', async () => {
  const doors = admission(100, 10);
  const alone = await doors.enter(0, going);
  expect(alone?.grow(80)).toBe(true);
  expect(alone?.grow(80)).toBe(true);
  expect(await doors.enter(0, going)).toBeNull();
  alone?.shrink(80);
  const second = await doors.enter(0, going);
  expect(second?.grow(1)).toBe(true);
  expect(alone?.grow(20)).toBe(false);
});

test('nobody comes in when it is full, or when the announced body does not fit', async () => {
  const doors = admission(100, 10);
  const first = await doors.enter(200, going);
  first?.grow(60);
  expect(await doors.enter(41, going)).toBeNull();
  expect(await doors.enter(40, going)).not.toBeNull();
  first?.grow(40);
  expect(await doors.enter(0, going)).toBeNull();
});

test('a place that comes free is given to who waits', async () => {
  const doors = admission(100, 5000);
  const first = await doors.enter(100, going);
  first?.grow(100);
  const second = doors.enter(50, going);
  await sleep(5);
  first?.end();
  expect(await second).not.toBeNull();
});

test('while the pipeline is full nobody comes in; a stop sends away who waits', async () => {
  const doors = admission(100, 5000);
  let room: () => void = () => undefined;
  doors.blockWhile(
    new Promise<void>((resolve) => {
      room = resolve;
    }),
  );
  const stop = new AbortController();
  const waiting = doors.enter(0, going);
  const stopped = doors.enter(0, stop.signal);
  await sleep(5);
  stop.abort();
  expect(await stopped).toBeNull();
  room();
  expect(await waiting).not.toBeNull();
});

test('whatever comes and goes, the bytes are those of the requests inside and more than allowed only by one alone', async () => {
  const step = fc.tuple(fc.constantFrom('enter', 'grow', 'end'), fc.nat(9), fc.nat(60));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const doors = admission(100, 0);
      const inside: { hold: NonNullable<Awaited<ReturnType<typeof doors.enter>>>; bytes: number }[] = [];
      for (const [what, who, bytes] of steps) {
        const one = inside[who % (inside.length || 1)];
        if (what === 'enter') {
          const hold = doors.bytes + bytes <= 100 && doors.bytes < 100 ? await doors.enter(bytes, going) : null;
          if (hold) inside.push({ hold, bytes: 0 });
        } else if (one && what === 'grow' && one.hold.grow(bytes)) one.bytes += bytes;
        else if (one && what === 'end') {
          one.hold.end();
          inside.splice(inside.indexOf(one), 1);
        }
        expect(doors.bytes).toBe(inside.reduce((sum, each) => sum + each.bytes, 0));
        expect(doors.requests).toBe(inside.length);
        if (inside.filter((each) => each.bytes > 0).length > 1) expect(doors.bytes).toBeLessThanOrEqual(100);
      }
    }),
    { numRuns: 100 },
  );
});
