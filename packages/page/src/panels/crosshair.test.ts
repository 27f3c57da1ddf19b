import { expect, test } from 'vitest';
import { createCrosshair, stepAt } from './crosshair.ts';

test('listeners hear each move once, until they leave', () => {
  const crosshair = createCrosshair();
  const [panel, heard]: [object, (number | null)[]] = [{}, []];
  const leave = crosshair.subscribe(() => heard.push(crosshair.time));
  crosshair.move(5, panel);
  crosshair.move(5, panel);
  crosshair.move(null, panel);
  leave();
  crosshair.move(7, panel);
  expect(heard).toEqual([5, null]);
});

test('a panel that the pointer left does not take it from the one that it entered', () => {
  const crosshair = createCrosshair();
  const [one, other] = [{}, {}];
  crosshair.move(5, one);
  crosshair.move(6, other);
  crosshair.move(null, one);
  expect([crosshair.time, crosshair.source === other]).toEqual([6, true]);
});

test('the step that a time lies in', () => {
  const times = [10, 20, 40];
  expect([9, 10, 19, 20, 29, 30, 40, 49, 50, null].map((time) => stepAt(times, 10, time))).toEqual([
    ...[null, 0, 0, 1, 1, null, 2, 2, null, null],
  ]);
  expect(stepAt([], 10, 5)).toBeNull();
});
