// The values of the twin of encodeOtlpLogs: a plain protobuf writer. For tests only.
import { OTLP_TYPE } from './otlp-mapping.ts';
import { Digits } from './twin.ts';

export type Members = { [key: string]: unknown };
export type Bytes = readonly number[];

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);

// ---- protobuf ---------------------------------------------------------------------------------------------------------

export function varint(value: bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
export const fixed64 = (value: bigint): Bytes => [...Buffer.from(BigUint64Array.of(BigInt.asUintN(64, value)).buffer)];
const double = (value: number): Bytes => [...Buffer.from(Float64Array.of(value).buffer)];
export const delimited = (number: number, content: Bytes): Bytes => [
  ...varint(BigInt((number << 3) | 2)),
  ...varint(BigInt(content.length)),
  ...content,
];
export const text = (number: number, value: string): Bytes => delimited(number, [...Buffer.from(value)]);

// ---- values -----------------------------------------------------------------------------------------------------------

const WIDE = { low: -(2n ** 63n), high: 2n ** 63n - 1n };
export const isInteger = (source: string): boolean => /^-?\d+$/.test(source);
const fitsInt64 = (source: string): boolean => BigInt(source) >= WIDE.low && BigInt(source) <= WIDE.high;

function numberValue(source: string): Bytes {
  if (!isInteger(source)) return [0x21, ...double(Number(source))];
  return fitsInt64(source) ? [0x18, ...varint(BigInt(source))] : text(1, source);
}

/** The scalar as the declared type, undefined when it cannot be read so. */
function declaredValue(value: unknown, type: number): Bytes | undefined {
  if (value === null || isMembers(value) || Array.isArray(value)) return undefined;
  const source = value instanceof Digits ? value.source : String(value);
  if (type === OTLP_TYPE.string) return text(1, source);
  if (type === OTLP_TYPE.boolean) {
    return source === 'true' || source === 'false' ? [0x10, source === 'true' ? 1 : 0] : undefined;
  }
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(source)) return undefined;
  if (type === OTLP_TYPE.double) return [0x21, ...double(Number(source))];
  if (isInteger(source)) return fitsInt64(source) ? [0x18, ...varint(BigInt(source))] : undefined;
  const whole = Number(source);
  const digits = source
    .replace(/e.*$/i, '')
    .replace(/^-?[0.]*/, '')
    .replace('.', '').length;
  if (!Number.isSafeInteger(whole) || digits > 15) return undefined;
  return [0x18, ...varint(BigInt(whole))];
}

const SPECIAL = /^\$+(double|bytes)$/;

function specialValue(key: string, value: unknown): Bytes | undefined {
  if (typeof value !== 'string') return undefined;
  if (key === '$double' && ['NaN', 'Infinity', '-Infinity'].includes(value)) return [0x21, ...double(Number(value))];
  if (key !== '$bytes' || Buffer.from(value, 'base64').toString('base64') !== value) return undefined;
  return delimited(7, [...Buffer.from(value, 'base64')]);
}

/** Types and members that are left out, by the members that hold them. */
export interface Plan {
  readonly lifted: ReadonlySet<string>;
  readonly types: ReadonlyMap<string, number>;
}

export const keyOf = (path: readonly string[]): string => JSON.stringify(path);

/** The content of an AnyValue; undefined when all members of a container are lifted. `path` is null inside arrays. */
export function anyValue(value: unknown, path: readonly string[] | null, type: number, plan: Plan): Bytes | undefined {
  const declared = type === 0 ? undefined : declaredValue(value, type);
  if (declared) return declared;
  if (value === null) return [];
  if (value instanceof Digits) return numberValue(value.source);
  if (typeof value === 'string') return text(1, value);
  if (typeof value === 'boolean') return [0x10, value ? 1 : 0];
  if (Array.isArray(value)) {
    return delimited(
      5,
      value.flatMap((item) => delimited(1, anyValue(item, null, type, plan) ?? [])),
    );
  }
  const entries = Object.entries(value as Members);
  const [first] = entries;
  const escaped = entries.length === 1 && SPECIAL.test(first![0]);
  if (escaped && !isLifted(path, first![0], plan)) {
    const special = specialValue(first![0], first![1]);
    if (special) return special;
  }
  const members = entries.flatMap(([key, member]) => {
    const name = escaped && key.startsWith('$$') ? key.slice(1) : key;
    return keyValue(1, name, member, path && [...path, key], plan);
  });
  return entries.length > 0 && members.length === 0 ? undefined : delimited(6, members);
}

const isLifted = (path: readonly string[] | null, key: string, plan: Plan): boolean =>
  path !== null && plan.lifted.has(keyOf([...path, key]));

export function keyValue(tag: number, name: string, value: unknown, path: readonly string[] | null, plan: Plan): Bytes {
  if (path && plan.lifted.has(keyOf(path))) return [];
  const any = anyValue(value, path, (path && plan.types.get(keyOf(path))) ?? 0, plan);
  return any ? delimited(tag, [...text(1, name), ...delimited(2, any)]) : [];
}

/** Attributes with dotted keys: objects give way to their members. */
export function flatKeyValues(name: string, value: unknown, path: readonly string[], plan: Plan): Bytes {
  if (plan.lifted.has(keyOf(path))) return [];
  const keys = isMembers(value) ? Object.keys(value) : [];
  if (keys.length === 0 || (keys.length === 1 && specialValue(keys[0]!, (value as Members)[keys[0]!]))) {
    return keyValue(6, name, value, path, plan);
  }
  return keys.flatMap((key) => flatKeyValues(`${name}.${key}`, (value as Members)[key], [...path, key], plan));
}
