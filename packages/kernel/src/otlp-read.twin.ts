// What the twin of encodeOtlpLogs reads out of an event. For tests only.
import { isInteger, isMembers, type Members } from './otlp-value.twin.ts';
import { parseTree, type Tree } from './tree.ts';
import { Digits, parseLossless } from './twin.ts';

/** The event's text as values. */
export function parseEvent(source: string): Members {
  return ordered(parseTree(Buffer.from(source).toString('latin1'))) as Members;
}

/** The value, each object's members where their last ones stand: JSON.parse leaves a repeated key where it stood first. */
function ordered(tree: Tree): unknown {
  if (tree.items) return tree.items.map(ordered);
  if (!tree.members) return parseLossless(Buffer.from(tree.plain ?? '', 'latin1').toString());
  const members: Members = {};
  for (const { key, value } of tree.members) {
    const name = JSON.parse(Buffer.from(key, 'latin1').toString()) as string;
    Reflect.deleteProperty(members, name);
    Object.defineProperty(members, name, { value: ordered(value), enumerable: true, configurable: true });
  }
  return members;
}

export function integerIn(value: unknown, low: bigint, high: bigint): bigint | undefined {
  if (!(value instanceof Digits) || !isInteger(value.source)) return undefined;
  const number = BigInt(value.source);
  return number >= low && number <= high ? number : undefined;
}

/** Nanoseconds of an RFC 3339 time between 1970 and 2554. */
export function timeOf(value: unknown): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(String(value));
  if (typeof value !== 'string' || !match) return undefined;
  const milliseconds = Date.parse(`${match[1]}T${match[2]}${match[4]!.toUpperCase()}`);
  if (Number.isNaN(milliseconds) || milliseconds < 0) return undefined;
  if (new Date(Date.parse(`${match[1]}T00:00:00Z`)).toISOString().slice(0, 10) !== match[1]) return undefined;
  const time = BigInt(milliseconds) * 1_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return time < 2n ** 64n ? time : undefined;
}

export const onlyMembers = (value: unknown, shape: Record<string, (member: unknown) => boolean>): value is Members =>
  isMembers(value) &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(([key, member]) => Object.hasOwn(shape, key) && shape[key]!(member));

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => integerIn(value, 0n, 2n ** 32n - 1n) !== undefined;
export const RESOURCE = { attributes: isMembers, dropped_attributes_count: isCount, schema_url: isText };
export const SCOPE = {
  name: isText,
  version: isText,
  attributes: isMembers,
  dropped_attributes_count: isCount,
  schema_url: isText,
};
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|(?<!^00.{52}|^00.{53})-)/;

export function traceparentOf(value: unknown): RegExpExecArray | null {
  if (typeof value !== 'string' || value.length > 512 || /[^!-~]/.test(value)) return null;
  if (value.startsWith('00') && value.length !== 55) return null;
  return TRACEPARENT.exec(value);
}
