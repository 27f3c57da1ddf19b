import { ByteWriter, type EncodedBatch, RecordBatch } from '@tailrace/core';
import { cutRequest, joinPlaced, packEnvelope } from '@tailrace/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeRecords, placesOf } from './entries.ts';
import { recordBatchOf, spansOf } from './receiver.fixture.ts';

/** What a writer holds, as the runner hands it to a sink. */
function bodyOf(writer: ByteWriter): EncodedBatch {
  return {
    signal: 'traces',
    bytes: writer.bytes.subarray(0, writer.used),
    entries: writer.entries,
    end: (entry) => writer.marks[entry]!,
    position: () => {
      throw new Error('no entry is asked for its position');
    },
    tried: () => false,
  };
}

/** The entries of a body, apart. */
function entriesOf(body: EncodedBatch): { envelope: Uint8Array; record: Uint8Array }[] {
  const places = placesOf(body);
  return Array.from({ length: body.entries }, (_, i) => ({
    envelope: body.bytes.subarray(places[3 * i], places[3 * i + 1]),
    record: body.bytes.subarray(places[3 * i + 1], places[3 * i + 2]),
  }));
}

/** A batch of records with the given envelopes. */
function batchOf(records: readonly { envelope: number; record: Uint8Array }[], envelopes: readonly Uint8Array[]) {
  const { columns } = recordBatchOf('traces', spansOf({ count: records.length }));
  const start = new Uint32Array(records.length);
  const end = new Uint32Array(records.length);
  let at = 0;
  for (const [i, { record }] of records.entries()) {
    start[i] = at;
    at += record.length;
    end[i] = at;
  }
  const text = new Uint8Array(Buffer.concat(records.map(({ record }) => record)));
  const envelope = Uint32Array.from(records, (one) => one.envelope);
  return RecordBatch.fromSource('traces', { text, start, end, length: records.length, envelopes, envelope }, columns);
}

const ENVELOPES = [0, 1, 200].map((size) =>
  packEnvelope({ resource: new Uint8Array(size).fill(1), scope: new Uint8Array(size).fill(2) }),
);
const RECORDS = fc.array(fc.record({ envelope: fc.nat({ max: 2 }), record: fc.uint8Array({ maxLength: 300 }) }), {
  minLength: 1,
  maxLength: 30,
});

test('bodies of any size hold every record once, in order, with its envelope', () => {
  fc.assert(
    fc.property(
      RECORDS,
      fc.integer({ min: 800, max: 4000 }),
      fc.integer({ min: 1, max: 10 }),
      (records, bytes, events) => {
        const batch = batchOf(records, ENVELOPES);
        const read: { envelope: Uint8Array; record: Uint8Array }[] = [];
        for (let from = 0; from < records.length; ) {
          const writer = new ByteWriter(bytes, events);
          const to = encodeRecords(batch, from, records.length, writer);
          expect(to - from).toBe(writer.entries);
          expect(writer.entries).toBeGreaterThan(0);
          read.push(...entriesOf(bodyOf(writer)));
          from = to;
        }
        const wanted = records.map(({ envelope, record }) => ({ envelope: ENVELOPES[envelope]!, record }));
        expect(read.map(printed)).toEqual(wanted.map(printed));
      },
    ),
    { numRuns: 100 },
  );
});

const printed = ({ envelope, record }: { envelope: Uint8Array; record: Uint8Array }): string =>
  `${Buffer.from(envelope).toString('hex')} ${Buffer.from(record).toString('hex')}`;

test('a record that does not fit leaves the writer as it was', () => {
  const batch = recordBatchOf('traces', spansOf({ size: 100 }));
  const writer = new ByteWriter(100, 10);
  expect(encodeRecords(batch, 0, 1, writer)).toBe(0);
  expect([writer.used, writer.entries]).toEqual([0, 0]);
});

test('neighbours of one resource share its bytes in the request', () => {
  const batch = recordBatchOf('traces', spansOf({ count: 50 }));
  const writer = new ByteWriter(100_000, 100);
  encodeRecords(batch, 0, batch.length, writer);
  const request = joinPlaced('traces', writer.bytes, placesOf(bodyOf(writer)));
  expect(request.length).toBeLessThan(writer.used / 2);
  expect(cutRequest('traces', request).length).toBe(50);
});

test('memory that is used again holds only the new request; what does not fit gets its own', () => {
  const memory = new Uint8Array(5000).fill(255);
  for (const count of [50, 3, 300]) {
    const writer = new ByteWriter(100_000, 300);
    encodeRecords(recordBatchOf('traces', spansOf({ count })), 0, count, writer);
    const body = bodyOf(writer);
    const wanted = joinPlaced('traces', body.bytes, placesOf(body));
    const request = joinPlaced('traces', body.bytes, placesOf(body), memory);
    expect(Buffer.compare(request, wanted)).toBe(0);
    expect(request.buffer === memory.buffer).toBe(count < 300);
  }
});
