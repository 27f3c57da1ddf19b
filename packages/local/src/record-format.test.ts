import { ByteWriter, type EncodedBatch, type LogBatch } from '@tailrace/core';
import { batchOf, batchOfTexts } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { bodyText, decodeEntries, encodeEntries } from './record-format.ts';

function bodyOf(batch: LogBatch, writer: ByteWriter, from = 0): EncodedBatch {
  return {
    signal: 'logs',
    bytes: writer.bytes.subarray(0, writer.used),
    entries: writer.entries,
    end: (entry) => writer.marks[entry]!,
    position: (entry) => batch.position(from + entry),
    tried: () => false,
  };
}

const decoder = new TextDecoder();

test('text, time and position come back', () => {
  const batch = batchOf([{ '@timestamp': '2026-11-02T23:59:59.123456789Z', a: 'é' }, { b: 1 }]);
  const writer = new ByteWriter(1000, 10);
  expect(encodeEntries(batch, 0, 2, writer)).toBe(2);
  const arrivals = decodeEntries(bodyOf(batch, writer));
  expect(arrivals).toMatchObject({ signal: 'logs', length: 2 });
  expect(arrivals.payloads.map((payload) => decoder.decode(payload))).toEqual([batch.text(0), batch.text(1)]);
  expect([...arrivals.micros]).toEqual([Date.parse('2026-11-02T23:59:59.123Z') * 1000 + 456, 0]);
  expect([...arrivals.flags]).toEqual([1, 0]);
  expect(arrivals.positions.map(({ offset }) => offset)).toEqual([0, 100]);
  expect(bodyText(bodyOf(batch, writer))).toBe(`${batch.text(0)}\n${batch.text(1)}\n`);
});

test('what does not fit begins the next body', () => {
  const batch = batchOfTexts(['{"a":1}', '{"b":2}', '{"c":3}']);
  const small = new ByteWriter(2 * (16 + 7), 10);
  expect(encodeEntries(batch, 0, 3, small)).toBe(2);
  const few = new ByteWriter(1000, 1);
  expect(encodeEntries(batch, 2, 3, few)).toBe(3);
  expect(bodyText(bodyOf(batch, few, 2))).toBe('{"c":3}\n');
  expect(encodeEntries(batch, 0, 3, few)).toBe(0);
});

test('a time that no calendar has is the first or last one', () => {
  const batch = batchOfTexts(['{}', '{}']);
  batch.columns.seconds.set([-1e15, 1e15]);
  const writer = new ByteWriter(1000, 10);
  encodeEntries(batch, 0, 2, writer);
  const years = [...decodeEntries(bodyOf(batch, writer)).micros].map((micros) =>
    new Date(micros / 1000).getUTCFullYear(),
  );
  expect(years).toEqual([1, 9999]);
});

test('a body of another version is a bug', () => {
  const batch = batchOfTexts(['{}']);
  const writer = new ByteWriter(100, 1);
  encodeEntries(batch, 0, 1, writer);
  writer.bytes[0] = 9;
  expect(() => decodeEntries(bodyOf(batch, writer))).toThrow('entry 0 of a body has the format 9');
});
