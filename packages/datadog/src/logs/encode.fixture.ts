import { ByteWriter, type EncodedBatch, type LogBatch, resolveConfig } from '@tailrace/core';
import { kernel } from '@tailrace/kernel';
import { batchOf } from '@tailrace/testkit';
import { createEncoder } from './encode.ts';
import { arrayOf, arrayPool } from './frame.ts';
import { datadogLogsOptions } from './options.ts';

/** A log as it stands in a request. */
export type Log = Record<string, unknown>;

/** What an event of the mirrord operator has as `kubernetes`. */
export const POD = {
  namespace_name: 'mirrord',
  pod_name: 'mirrord-operator-7d9c5b7f4-x2k8q',
  container_name: 'mirrord-operator',
};
export const TIME = '2024-05-31T08:00:00.123456789Z';
/** {@link TIME} since 1970. */
export const MILLISECONDS = 1717142400123;

/** An encoder with the given options, and what it counted. */
export function encoder(options: object) {
  const counts = { shortened: 0, tooOld: 0 };
  const config = resolveConfig(datadogLogsOptions, { api_key: 'key', ...options }) as Parameters<
    typeof createEncoder
  >[1];
  const encode = createEncoder(kernel(), config, (more) => {
    counts.shortened += more.shortened;
    counts.tooOld += more.tooOld;
  });
  return { encode, counts };
}

/** The JSON array that a body becomes, as text. */
export function framed(batch: LogBatch, out: ByteWriter): string {
  const body: EncodedBatch = {
    signal: 'logs',
    bytes: out.bytes.subarray(0, out.used),
    entries: out.entries,
    end: (entry) => out.marks[entry]!,
    position: (entry) => batch.position(entry),
    tried: () => false,
  };
  return arrayOf(body, arrayPool(0)).toString();
}

/** The JSON array that a batch becomes, as text. */
export function textOf(batch: LogBatch, options: object = {}): string {
  const { encode } = encoder(options);
  const out = new ByteWriter(10_000_000, 1000);
  const end = encode(batch, 0, batch.length, out);
  if (end < batch.length) throw new RangeError(`only ${end} of ${batch.length} events fit`);
  return framed(batch, out);
}

/** What an event becomes. */
export function log(event: object, options: object = {}): Log {
  return (JSON.parse(textOf(batchOf([event]), options)) as [Log])[0];
}
