// What the twin of encodeOtlpLogs reads out of an event. For tests only.
import { parseAnyTime } from './lines.twin.ts';
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

/** Nanoseconds of a time between 1970 and 2554. */
export function timeOf(value: unknown): bigint | undefined {
  const time = parseAnyTime(value);
  if (!time || time.seconds < 0) return undefined;
  const nanoseconds = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos);
  return nanoseconds < 2n ** 64n ? nanoseconds : undefined;
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
