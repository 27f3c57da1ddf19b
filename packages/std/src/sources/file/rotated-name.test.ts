import { expect, test } from 'vitest';
import { isLaterRotation, isRotatedName } from './rotated-name.ts';

test.for([
  ['a.log', 'a.log.1'],
  ['a.log', 'a.log.1.gz'],
  ['a.log', 'a.log.gz'],
  ['a.log', 'a.log-20260101'],
  ['a.log', 'a-20260101.log.gz'],
  ['a.log', 'a.1.log'],
  ['a.log', 'a.log.old'],
  ['0.log', '0.log.20260101-120000'],
  ['0.log', '0.log.20260101-120000.gz'],
  ['messages', 'messages.1'],
])('%s may be rotated to %s', ([base, name]) => {
  expect(isRotatedName(base!, name!)).toBe(true);
});

test.for([
  ['a.log', 'a.log'],
  ['a.log', 'b.log.1'],
  ['a.log', 'a.log.err'],
  ['a.log', 'a.log.1.tmp'],
  ['a.log', 'a.logs'],
  ['a.log', 'a.log1'],
  ['a.log', 'ab.log'],
  ['1.log', '10.log'],
  ['a.log', 'a-b.log.gz'],
  ['a.log', '.log'],
  ['messages', 'messages-kernel'],
])('%s is not rotated to %s', ([base, name]) => {
  expect(isRotatedName(base!, name!)).toBe(false);
});

test.for([
  ['a.log.1', 'a.log.2', true],
  ['a.log.1.gz', 'a.log.10', true],
  ['a.log.2', 'a.log.1', false],
  ['a.log.1', 'a.log.1.gz', false],
  ['a.log-20260102', 'a.log-20260101.gz', true],
  ['a.log.20260101-120001', 'a.log.20260101-120000', true],
  ['a.log.20260101-120000', 'a.log.20260101-120001', false],
  ['a.log.1', 'a.log-20260101', false],
  ['a.log.old', 'a.log.old', false],
] as const)('%s was rotated later than %s: %s', ([name, than, later]) => {
  expect(isLaterRotation('a.log', name, than)).toBe(later);
});
