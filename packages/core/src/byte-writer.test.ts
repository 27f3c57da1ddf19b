import { expect, test } from 'vitest';
import { ByteWriter } from './byte-writer.ts';

test('entries are appended whole or not at all', () => {
  const writer = new ByteWriter(10, 3);
  expect(writer.append(Buffer.from('12345'))).toBe(true);
  expect(writer.append(Buffer.from('123456'))).toBe(false);
  expect([writer.used, writer.entries, writer.full]).toEqual([5, 1, false]);
  expect(writer.append(Buffer.from('67890'))).toBe(true);
  expect([Buffer.from(writer.bytes).toString(), [...writer.marks], writer.full]).toEqual([
    '1234567890',
    [5, 10, 0],
    true,
  ]);
  writer.reset();
  expect([writer.used, writer.entries, writer.full]).toEqual([0, 0, false]);
});

test('it is full when it holds the most entries', () => {
  const writer = new ByteWriter(10, 1);
  writer.append(Buffer.from('1'));
  expect([writer.full, writer.append(Buffer.from('2'))]).toEqual([true, false]);
});
