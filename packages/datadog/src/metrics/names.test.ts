import { expect, test } from 'vitest';
import { attributeText, metricName, unitName } from './names.ts';

test.each([
  ['mirrord_sessions_duration', 'mirrord_sessions_duration'],
  ['http.server.duration', 'http.server.duration'],
  ['job:rate5m', 'job_rate5m'],
  ['9lives', 'lives'],
  ['größe', 'gr__e'],
  ['_x', 'x'],
  ['x'.repeat(300), 'x'.repeat(200)],
])('the name %s becomes %s', (name, legal) => {
  expect(metricName(undefined, name)).toBe(legal);
});

test('a namespace stands before it', () => {
  expect(metricName('acme', 'up')).toBe('acme.up');
});

test('a name without a letter is none', () => {
  expect(metricName(undefined, '1_2')).toBeUndefined();
});

test('attributes of any type have a text, the same for the same value', () => {
  const map = (...pairs: [string, bigint][]) => new Map(pairs);
  expect(attributeText(map(['b', 1n], ['a', 2n]))).toBe(attributeText(map(['a', 2n], ['b', 1n])));
  expect(attributeText([true, 1.5, 'x', null, new Uint8Array([1])])).toBe('[true,1.5,x,,AQ==]');
});

test.each([
  ['s', 'second'],
  ['seconds', 'second'],
  ['By', 'byte'],
  ['{requests}', 'request'],
  ['{request}', 'request'],
  ['1', undefined],
  ['{frobs}', undefined],
  ['', undefined],
])('the unit %s is %s', (unit, name) => {
  expect(unitName(unit)).toBe(name);
});
