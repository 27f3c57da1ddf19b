import type { AnyValue } from '@tailrace/telemetry';
import type { LabelPairs } from './exposition.ts';
import type { Target } from './target.ts';

/** Whom the points of a series belong to, and what tells them apart from others of their metric. */
export interface SeriesLabels {
  readonly job: string;
  readonly instance: string;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly attributes: ReadonlyMap<string, AnyValue>;
}

/** Labels of a sample and of its target in one, as Prometheus puts them together. */
export type JoinLabels = (labels: LabelPairs) => SeriesLabels;

/** Prepares the joining for a target; `honorLabels` lets the sample's own `job`, `instance` and static labels win. */
export function joinLabels(
  { job, instance, labels }: Pick<Target, 'job' | 'instance' | 'labels'>,
  honorLabels: boolean,
): JoinLabels {
  const given = new Map([['job', job], ['instance', instance], ...Object.entries(labels)]);
  const fixed = Object.entries(labels);
  return (pairs) => {
    const out = { job, instance, scopeName: '', scopeVersion: '' };
    const attributes = new Map<string, AnyValue>(fixed);
    for (let k = 0; k < pairs.length; k += 2) {
      const [name, value] = [pairs[k]!, pairs[k + 1]!];
      if (name === 'otel_scope_name') out.scopeName = value;
      else if (name === 'otel_scope_version') out.scopeVersion = value;
      else if (!given.has(name)) attributes.set(name, value);
      else if (!honorLabels) attributes.set(exported(name, pairs), value);
      else if (name === 'job' || name === 'instance') out[name] = value;
      else attributes.set(name, value);
    }
    return { ...out, attributes };
  };
}

/** As Prometheus renames it: with as many `exported_` as it takes to be alone. */
function exported(name: string, pairs: LabelPairs): string {
  let renamed = `exported_${name}`;
  while (pairs.some((text, k) => k % 2 === 0 && text === renamed)) renamed = `exported_${renamed}`;
  return renamed;
}

/** The label of a name, and the labels without it. */
export function takeLabel(labels: LabelPairs, name: string): { value: string | undefined; rest: LabelPairs } {
  for (let k = 0; k < labels.length; k += 2) {
    if (labels[k] === name) return { value: labels[k + 1], rest: [...labels.slice(0, k), ...labels.slice(k + 2)] };
  }
  return { value: undefined, rest: labels };
}
