import type { ByteWriter, LogBatch, PluginContext } from '@tailrace/core';
import { compileOtlpMapping, encodeOtlpLogs, kernel } from '@tailrace/kernel';
import { packEnvelope } from '@tailrace/telemetry';
import { logMapping } from './mapping.ts';
import type { LogOptions } from './options.ts';

const pack = (resource: Uint8Array, scope: Uint8Array): Uint8Array => packEnvelope({ resource, scope });

/**
 * Makes the function that appends events to a body as log records until it is full, each as an entry that can be sent alone: the length of
 * its envelope (32 bits, little-endian), the packed envelope, the bytes of a LogRecord. It answers the first event left out. Throws a
 * ConfigError for options that contradict each other, for paths and for field files that cannot be read.
 */
export function createLogEncoder(options: LogOptions, context: Pick<PluginContext, 'resolvePath'>) {
  const mapping = compileOtlpMapping(logMapping(options, context, ['logs']));
  return (batch: LogBatch, from: number, to: number, out: ByteWriter): number => {
    const now = BigInt(Date.now()) * 1_000_000n;
    const target = { out: out.bytes, outAt: out.used, marks: out.marks.subarray(out.entries) };
    const written = encodeOtlpLogs(kernel(), batch.events(), batch.columns, mapping, pack, now, from, to, target);
    out.used += written.used;
    out.entries += written.count;
    return from + written.count;
  };
}
