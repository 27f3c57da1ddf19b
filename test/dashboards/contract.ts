import type { FieldFile } from '@tailrace/core';
import { type FieldRead, type MetricRead, suits, typesThatSuit } from '@tailrace/dashboards';

/** A metric that a shipped source gave: what it is, and the labels of its series. */
export interface GivenMetric {
  readonly kinds: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
}

/** What there is for a dashboard to read on one target. */
export interface Supply {
  readonly declared: FieldFile;
  /** Paths of all members that events had when they arrived. */
  readonly fields: ReadonlySet<string>;
  readonly metrics: ReadonlyMap<string, GivenMetric>;
}

/** Each field that is not declared, has a type that does not suit, or never arrives, with the panel that reads it. */
export function brokenFields(reads: readonly FieldRead[], { declared, fields }: Supply): string[] {
  const types = new Map(declared.fields.map((field) => [field.path.steps.join('.'), field.type]));
  return reads.flatMap(({ panel, target, field, use }) => {
    const type = types.get(field);
    const about = `${panel} (${target}): ${field}`;
    if (type === undefined) return [`${about} is not declared in the field file`];
    if (!suits(type, use, target))
      return [`${about} is a ${type}, and for ${use} it has to be ${typesThatSuit(use, target).join(', ')}`];
    return fields.has(field) ? [] : [`${about} is in no event that a shipped pipeline makes of the sample input`];
  });
}

/** Each metric that no source gives, is of another kind, or lacks a label, with the panel that reads it. */
export function brokenMetrics(reads: readonly MetricRead[], { metrics }: Supply): string[] {
  return reads.flatMap(({ panel, target, metric, kind, labels }) => {
    const given = metrics.get(metric);
    const about = `${panel} (${target}): ${metric}`;
    if (!given) return [`${about} is given by no shipped source`];
    if (kind !== 'any' && !given.kinds.has(kind))
      return [`${about} is a ${[...given.kinds].join(', ')}, not a ${kind}`];
    return labels.filter((label) => !given.labels.has(label)).map((label) => `${about} has no label ${label}`);
  });
}

/** Paths of all members of an event, those of objects in objects too. */
export function pathsOf(event: object, above = ''): string[] {
  return Object.entries(event).flatMap(([key, value]: [string, unknown]) => {
    const path = `${above}${key}`;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? [path, ...pathsOf(value, `${path}.`)] : [path];
  });
}

/** Each value that a condition asks for and that the field file does not list among the known ones of its field, wherever it stands. */
export function unknownValues(dashboard: unknown, declared: FieldFile): string[] {
  const known = new Map(
    declared.fields.map(({ path, values }) => [path.steps.join('.'), values.map(({ value }) => value)]),
  );
  return conditionsIn(dashboard).flatMap(({ field, values }) => {
    const listed = known.get(field) ?? [];
    if (listed.length === 0) return [];
    return values.filter((value) => !listed.includes(String(value))).map((value) => `${field} is never "${value}"`);
  });
}

function conditionsIn(value: unknown): { field: string; values: unknown[] }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(conditionsIn);
  const { field, is, isNot } = value as { field?: unknown; is?: unknown; isNot?: unknown };
  const compared = is ?? isNot;
  return typeof field === 'string' && compared !== undefined ? [{ field, values: [compared].flat() }, ...inner] : inner;
}
