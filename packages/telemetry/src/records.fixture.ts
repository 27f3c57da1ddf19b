import { decodeWith, oracleRequest } from './oracle.fixture.ts';
import type { Cut, Entry, OtlpSignal } from './types.ts';

type Plain = Record<string, unknown>;

const MEMBERS = {
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
} as const;
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

function parts(message: Plain, member: string): [Plain, Plain[]] {
  const { [member]: children, ...rest } = message;
  return [rest, (children ?? []) as Plain[]];
}

/** Every record of a request, as the oracle reads it, with all that stands above it; as texts, sorted. */
export function recordsOf(signal: OtlpSignal, body: Uint8Array): string[] {
  const [resources, scopes, items] = MEMBERS[signal];
  const found: unknown[] = [];
  for (const outer of parts(decodeWith(oracleRequest(signal), body), resources)[1]) {
    const [resource, inner] = parts(outer, scopes);
    for (const scopeAndItems of inner) {
      const [scope, children] = parts(scopeAndItems, items);
      if (signal !== 'metrics') found.push(...children.map((record) => [resource, scope, record]));
      else found.push(...children.flatMap((metric) => pointsOf(metric).map((point) => [resource, scope, ...point])));
    }
  }
  return found.map((record) => JSON.stringify(record, plainNumber)).sort();
}

function pointsOf(metric: Plain): Plain[][] {
  const kind = KINDS.find((name) => name in metric);
  if (!kind) return [];
  const [data, points] = parts(metric[kind] as Plain, 'dataPoints');
  return points.map((point) => [{ ...metric, [kind]: data }, point]);
}

/** JSON has neither NaN, nor infinities, nor -0. */
function plainNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${String(value)}${1 / value}`
    : value;
}

/** The records of a cut with their envelopes. */
export function entriesOf({ length, text, start, end, envelope, envelopes }: Cut): Entry[] {
  return Array.from({ length }, (_, i) => ({
    envelope: envelopes[envelope[i]!]!,
    record: text.subarray(start[i], end[i]),
  }));
}
