import { isIP } from 'node:net';
import type { FieldType } from '@tailrace/core';
import { fitsNanos, isoDate, isStrictDate } from './dates.ts';
import { kindOf, parseTree, printValue, replaceValue, type Value } from './event-tree.ts';

/** Turns JSON text of one value into that of a declared type; `null` when it cannot be one. */
export type Coercion = (text: string) => string | null;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** Longest text that is tried as a number: longer ones are none that anybody wrote. */
const LONGEST_NUMBER = 400;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const SCALARS: Readonly<Record<FieldType, Coercion>> = {
  keyword: toText,
  text: toText,
  long: (text) => toLong(unquoted(text)),
  double: (text) => toDouble(unquoted(text)),
  boolean: toBoolean,
  date: toDate,
  date_nanos: (text) => {
    const date = toDate(text);
    return date !== null && fitsNanos(date.slice(1)) ? date : null;
  },
  ip: toIp,
  object: () => null,
  flattened: () => null,
};

/**
 * The coercion to a type: `null` passes, arrays are coerced item by item, values of `aliases` become what they stand for. Objects
 * are never coerced.
 */
export function coercionTo(type: FieldType, aliases: ReadonlyMap<string, string> | null): Coercion {
  const scalar = SCALARS[type];
  const convert: Coercion = (text) => {
    switch (kindOf(text)) {
      case 'null':
        return text;
      case 'object':
        return null;
      case 'array':
        return coerceItems(text, convert);
    }
    const coerced = scalar(text);
    return coerced !== null && aliases ? (aliases.get(coerced) ?? aliases.get(plain(coerced)) ?? coerced) : coerced;
  };
  return convert;
}

function coerceItems(text: string, convert: Coercion): string | null {
  const { source, root } = parseTree(text);
  const each = (array: Value): boolean =>
    array.items!.every((item) => {
      if (item.items) return each(item);
      const before = printValue(source, item);
      const after = convert(before);
      if (after !== null && after !== before) replaceValue(item, after);
      return after !== null;
    });
  return each(root) ? printValue(source, root) : null;
}

/** The text as JSON prints it: the same string may be written with other escapes. */
const plain = (text: string): string => (text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text);

/** What a string says, what a number is written like; objects never come here. */
const unquoted = (text: string): string => (text[0] === '"' ? (JSON.parse(text) as string).trim() : text);

function toText(text: string): string {
  return text[0] === '"' ? text : `"${text}"`;
}

/** Digits of a whole number in the range of int64, however it is written (`8080.0`, `8e3`); `null` for fractions. */
function toLong(source: string): string | null {
  const match =
    source.length > LONGEST_NUMBER ? null : /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(source);
  if (!match) return null;
  const fraction = match[3] ?? '';
  const shift = Number(match[4] ?? 0) - fraction.length;
  let digits = match[2]! + fraction;
  if (shift >= 0) digits += '0'.repeat(/[1-9]/.test(digits) ? shift : 0);
  else {
    const cut = Math.max(0, digits.length + shift);
    if (/[1-9]/.test(digits.slice(cut))) return null;
    digits = digits.slice(0, cut) || '0';
  }
  const value = BigInt(digits) * (match[1] === '-' ? -1n : 1n);
  if (value < MIN_INT64 || value > MAX_INT64) return null;
  return /^-?(?:0|[1-9]\d*)$/.test(source) ? source : value.toString();
}

function toDouble(source: string): string | null {
  if (source.length > LONGEST_NUMBER || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(source)) return null;
  const value = Number(source);
  if (!Number.isFinite(value)) return null;
  const digits = source.startsWith('+') ? source.slice(1) : source;
  return JSON_NUMBER.test(digits) ? digits : String(value);
}

function toBoolean(text: string): string | null {
  switch (unquoted(text).toLowerCase()) {
    case 'true':
    case '1':
      return 'true';
    case 'false':
    case '0':
      return 'false';
  }
  return null;
}

function toDate(text: string): string | null {
  if (text[0] === 't' || text[0] === 'f') return null;
  const source = unquoted(text);
  if (text[0] === '"' && isStrictDate(source)) return `"${source}"`;
  const iso = isoDate(source);
  return iso && `"${iso}"`;
}

function toIp(text: string): string | null {
  if (text[0] !== '"') return null;
  const address = unquoted(text);
  // Elasticsearch takes no zone: fe80::1%eth0 names an interface of one machine.
  return isIP(address) !== 0 && !address.includes('%') ? `"${address}"` : null;
}
