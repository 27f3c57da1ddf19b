import { OtlpError } from './error.ts';
import type { Envelope, MetricKind } from './types.ts';

/** The kinds by their number in a packed envelope; 0 stands for none. */
const KINDS = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const satisfies MetricKind[];

/** Three numbers of 32 bits, little-endian: kind, length of resource and scope. */
const PLAIN_HEADER = 12;
/** Three more: the length of head and data, and a zero, so that a joined request is never larger than its entries. */
const METRIC_HEADER = 24;

/** The envelope as one piece of bytes; equal envelopes have equal bytes. */
export function packEnvelope({ resource, scope, metric }: Envelope): Uint8Array {
  const header = metric ? METRIC_HEADER : PLAIN_HEADER;
  const parts = metric ? [resource, scope, metric.head, metric.data] : [resource, scope];
  const packed = new Uint8Array(parts.reduce((size, part) => size + part.length, header));
  const view = new DataView(packed.buffer);
  view.setUint32(0, metric ? KINDS.indexOf(metric.kind) + 1 : 0, true);
  let at = header;
  for (const [k, part] of parts.entries()) {
    view.setUint32(4 + 4 * k, part.length, true);
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** The parts of {@link packEnvelope}'s bytes, as views on them; throws an {@link OtlpError} when it did not make them. */
export function unpackEnvelope(packed: Uint8Array): Envelope {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < PLAIN_HEADER) throw new OtlpError('an envelope is too short for its header', packed.length);
  const kind = view.getUint32(0, true);
  const header = kind === 0 ? PLAIN_HEADER : METRIC_HEADER;
  if (kind > KINDS.length || packed.length < header) throw new OtlpError('an envelope of an unknown kind', 0);
  let at = header;
  const take = (k: number) => {
    const part = packed.subarray(at, at + view.getUint32(4 + 4 * k, true));
    at += view.getUint32(4 + 4 * k, true);
    return part;
  };
  const [resource, scope] = [take(0), take(1)];
  const metric = kind === 0 ? undefined : { head: take(2), kind: KINDS[kind - 1]!, data: take(3) };
  if (at !== packed.length) throw new OtlpError('an envelope contradicts its own lengths', Math.min(at, packed.length));
  return { resource, scope, ...(metric && { metric }) };
}
