import { isIP } from 'node:net';
import type { Field, FieldType } from '@tailrace/core';

const isDateText = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}(-\d\d(-\d\d(T[\d:.]+)?)?)?(Z|[+-][\d:]+)?$/.test(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether Elasticsearch takes a value, arrays aside. */
const TAKES: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  long: (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 63,
  double: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  date: isDateText,
  date_nanos: isDateText,
  ip: (value) => typeof value === 'string' && isIP(value) > 0,
  object: isObject,
  flattened: isObject,
};

/** Ways to declared fields whose value has another type, and to undeclared keys that are not safe. */
export function faults(event: unknown, declared: readonly Field[]): string[] {
  const types = new Map(declared.map(({ path, type }) => [path.steps.join(' '), type]));
  types.set('_overflow', 'flattened');
  types.set('@timestamp', 'date');
  const inner = new Set(
    declared.flatMap(({ path }) => path.steps.slice(0, -1).map((_, i) => path.steps.slice(0, i + 1).join(' '))),
  );
  const found: string[] = [];
  const visit = (value: unknown, way: string): void => {
    const type = types.get(way) ?? (inner.has(way) ? 'object' : null);
    if (value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, way);
      return;
    }
    if (type && !TAKES[type](value)) found.push(`${way}: ${JSON.stringify(value)} is no ${type}`);
    if (!isObject(value) || type === 'flattened') return;
    for (const [key, member] of Object.entries(value)) {
      if (key.includes('.') || key.trim() === '') found.push(`${way} ${JSON.stringify(key)} is no safe key`);
      visit(member, way === '' ? key : `${way} ${key}`);
    }
  };
  visit(event, '');
  return found;
}
