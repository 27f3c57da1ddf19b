import { createHash } from 'node:crypto';
import type { Attributes, MetricPoint } from '@tailrace/telemetry';
import { legalTag } from '../tags.ts';
import { attributeText, metricName, unitName } from './names.ts';
import type { Head } from './sheet.ts';

/** How Datadog names what a point belongs to. */
export interface Naming {
  readonly namespace: string | undefined;
  /** The host of points whose resource names none. */
  readonly hostname: string | undefined;
  /** Attributes of a resource that name the host, the first one found counts. */
  readonly hostAttributes: readonly string[];
  /** Attributes of a resource that become tags, and the tags' names. */
  readonly resourceTags: Readonly<Record<string, string>>;
  /** On every series. */
  readonly tags: readonly string[];
}

/** The head of a point's series; `undefined` when its name holds no letter. */
export function headOf(point: MetricPoint, naming: Naming): Head | undefined {
  const name = metricName(naming.namespace, point.name);
  if (name === undefined) return undefined;
  const tags = new Set(naming.tags);
  for (const [attribute, tag] of Object.entries(naming.resourceTags)) addTag(tags, tag, attribute, point.resource);
  for (const key of point.attributes.keys()) addTag(tags, key, key, point.attributes);
  // A reader of the stored series finds the same one however the attributes were ordered.
  return { name, tags: [...tags].sort(), host: hostOf(point.resource, naming), unit: unitName(point.unit) };
}

/** The head of a part of a metric: `<name>.<suffix>`, with further tags. */
export function withSuffix(head: Head, suffix: string, tags: readonly string[] = []): Head {
  const all = tags.length === 0 ? head.tags : [...new Set([...head.tags, ...tags])].sort();
  return { ...head, name: metricName(undefined, `${head.name}.${suffix}`) ?? head.name, tags: all };
}

function addTag(tags: Set<string>, name: string, attribute: string, from: Attributes): void {
  const value = from.get(attribute);
  if (value === undefined || value === null || value === '') return;
  const tag = legalTag(`${name}:${attributeText(value)}`);
  if (tag !== '') tags.add(tag);
}

function hostOf(resource: Attributes, { hostname, hostAttributes }: Naming): string | undefined {
  for (const attribute of hostAttributes) {
    const value = resource.get(attribute);
    if (typeof value === 'string' && value !== '') return value;
  }
  return hostname;
}

/**
 * What a series is known by from one run to the next: 128 bits over resource, scope, metric and attributes, whatever their order. It is finer than
 * Datadog's own identity, so that two producers whose tags are the same keep a last value each.
 */
export function seriesKey(point: MetricPoint): string {
  const { resource, scope, name, unit, kind, attributes } = point;
  const text = JSON.stringify([
    ...[attributeText(resource), scope.name, scope.version, attributeText(scope.attributes)],
    ...[name, unit, kind, attributeText(attributes)],
  ]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
