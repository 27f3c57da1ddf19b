import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { OtlpSignal } from './types.ts';

const folder = join(fileURLToPath(new URL('..', import.meta.url)), 'proto');

/** proto/ as protobufjs reads it: a second opinion on every message. */
function load(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : join(folder, basename(target)));
  root.loadSync(readdirSync(folder).map((file) => join(folder, file))).resolveAll();
  return root;
}

const root = load();
const NAMES = { logs: 'logs.v1.ExportLogs', metrics: 'metrics.v1.ExportMetrics', traces: 'trace.v1.ExportTrace' };

/** A message of the oracle, by its name after `opentelemetry.proto.`. */
export function oracleType(name: string): protobuf.Type {
  return root.lookupType(name.startsWith('google.') ? name : `opentelemetry.proto.${name}`);
}

/** The request of a signal. */
export function oracleRequest(signal: OtlpSignal): protobuf.Type {
  return oracleType(`collector.${NAMES[signal]}ServiceRequest`);
}

/** Protobuf bytes of an object in the form of protobufjs. */
export function encodeWith(type: protobuf.Type, object: object): Uint8Array {
  return Uint8Array.from(type.encode(type.fromObject(object as Record<string, unknown>)).finish());
}

/** What the bytes say, as a plain object: 64-bit integers as text, bytes as base64, enums as numbers, nothing that is absent. */
export function decodeWith(type: protobuf.Type, bytes: Uint8Array): Record<string, unknown> {
  return type.toObject(type.decode(bytes), { longs: String, bytes: String });
}
