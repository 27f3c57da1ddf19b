import { bytesKey } from './bytes.ts';
import { unpackEnvelope } from './envelope.ts';
import { OtlpError } from './error.ts';
import { AT, dataField } from './layout.ts';
import type { Entry, Envelope, OtlpSignal } from './types.ts';

/** A message to be: its own fields as bytes, and what stands in it as fields of one number. */
interface Node {
  readonly rest: Uint8Array;
  /** Field number of this message in the one around it. */
  readonly field: number;
  readonly children: Node[];
  /** Records that stand in it behind its children, as the places of their bytes: from and to, one after the other. */
  readonly records: number[];
  /** Length of the message, once it is known. */
  size: number;
}

/**
 * The request of single records, as protobuf bytes: records whose resource, scope and metric are equal stand together, in the order in
 * which the first of them came, and keep their bytes. Never larger than the sum of its entries with 4 bytes for each; throws an
 * {@link OtlpError} for an envelope that is none. Logs and traces cannot be told apart by their bytes.
 */
export function joinRequest(signal: OtlpSignal, entries: readonly Entry[]): Uint8Array {
  const root: Node = { rest: new Uint8Array(), field: 0, children: [], records: [], size: 0 };
  const groups = createGroups(root, signal);
  let last: Uint8Array | undefined;
  let group = root;
  for (const { envelope, record } of entries) {
    // Neighbours mostly share the very same bytes, which spares looking them up.
    if (envelope !== last) group = groups(envelope);
    last = envelope;
    group.children.push({
      rest: record,
      field: signal === 'metrics' ? AT.point : AT.item,
      children: [],
      records: [],
      size: 0,
    });
  }
  const bytes = new Uint8Array(measure(root));
  write(root, 0, bytes, 0, bytes);
  return bytes;
}

/**
 * As {@link joinRequest}, of records that stand in one piece of bytes: `places` has three numbers for each, where its envelope starts,
 * where that ends and the record starts, where the record ends. There is no object for a record. Written into `memory` where it fits.
 */
export function joinPlaced(
  signal: OtlpSignal,
  bytes: Uint8Array,
  places: Uint32Array,
  memory?: Uint8Array,
): Uint8Array {
  const root: Node = { rest: new Uint8Array(), field: 0, children: [], records: [], size: 0 };
  const groups = createGroups(root, signal);
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let lastAt = 0;
  let lastEnd = -1;
  let group = root;
  for (let i = 0; i < places.length; i += 3) {
    const at = places[i]!;
    const record = places[i + 1]!;
    if (source.compare(source, lastAt, Math.max(lastAt, lastEnd), at, record) !== 0 || lastEnd < 0) {
      group = groups(bytes.subarray(at, record));
    }
    lastAt = at;
    lastEnd = record;
    group.records.push(record, places[i + 2]!);
  }
  const size = measure(root);
  const fits = memory !== undefined && size <= memory.length;
  const joined = fits ? memory.subarray(0, size) : new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  write(root, signal === 'metrics' ? AT.point : AT.item, joined, 0, bytes);
  return joined;
}

/** Finds or makes the message that records of an envelope stand in. */
function createGroups(root: Node, signal: OtlpSignal): (envelope: Uint8Array) => Node {
  const byEnvelope = new Map<string, Node>();
  const inside = new Map<Node, Map<string, Node>>();
  const child = (parent: Node, field: number, rest: Uint8Array): Node => {
    let siblings = inside.get(parent);
    if (!siblings) {
      siblings = new Map();
      inside.set(parent, siblings);
    }
    const key = `${field}:${bytesKey(rest)}`;
    let node = siblings.get(key);
    if (!node) {
      node = { rest, field, children: [], records: [], size: 0 };
      siblings.set(key, node);
      parent.children.push(node);
    }
    return node;
  };
  return (envelope) => {
    const key = bytesKey(envelope);
    const known = byEnvelope.get(key);
    if (known) return known;
    const { resource, scope, metric } = unpackEnvelope(envelope);
    if ((metric !== undefined) !== (signal === 'metrics')) {
      throw new OtlpError(`an envelope is not one of ${signal}`, 0);
    }
    let node = child(child(root, AT.resource, resource), AT.scope, scope);
    if (metric) node = addMetric(node, metric);
    byEnvelope.set(key, node);
    return node;
  };
}

/** Each envelope that differs is a metric of its own, so that there is none to look for. */
function addMetric(scope: Node, { head, kind, data }: NonNullable<Envelope['metric']>): Node {
  const points: Node = { rest: data, field: dataField(kind).number, children: [], records: [], size: 0 };
  scope.children.push({ rest: head, field: AT.item, children: [points], records: [], size: 0 });
  return points;
}

/** Sets the sizes of a message and all within it; answers its own. */
function measure(node: Node): number {
  let size = node.rest.length;
  for (const child of node.children) {
    const inner = measure(child);
    size += 1 + varintSize(inner) + inner;
  }
  const { records } = node;
  for (let i = 0; i < records.length; i += 2) {
    const inner = records[i + 1]! - records[i]!;
    size += 1 + varintSize(inner) + inner;
  }
  node.size = size;
  return size;
}

/** Writes a message at `at`, records as fields of the number `field` from their bytes in `source`; answers where it ends. */
function write(node: Node, field: number, bytes: Uint8Array, at: number, source: Uint8Array): number {
  bytes.set(node.rest, at);
  at += node.rest.length;
  for (const child of node.children) {
    at = writeHead(child.field, child.size, bytes, at);
    at = write(child, field, bytes, at, source);
  }
  const { records } = node;
  for (let i = 0; i < records.length; i += 2) {
    const from = records[i]!;
    const to = records[i + 1]!;
    at = writeHead(field, to - from, bytes, at);
    bytes.set(source.subarray(from, to), at);
    at += to - from;
  }
  return at;
}

/** Writes tag and length of a field. */
function writeHead(field: number, size: number, bytes: Uint8Array, at: number): number {
  bytes[at++] = (field << 3) | 2;
  for (; size > 0x7f; size >>>= 7) bytes[at++] = (size & 0x7f) | 0x80;
  bytes[at++] = size;
  return at;
}

function varintSize(value: number): number {
  let size = 1;
  for (let left = value; left > 0x7f; left >>>= 7) size++;
  return size;
}
