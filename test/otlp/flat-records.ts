import type { OtlpSignal } from '@tailrace/testkit';

type Members = Record<string, unknown>;

/** What the levels above the records are called in OTLP's JSON, from the request down. */
const LEVELS: Record<OtlpSignal, readonly string[]> = {
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
};
const METRIC_DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

/**
 * Each record with all that stands above it, however the requests group them, as texts that are equal when the records are: the
 * order of members and what has its default value make no difference.
 */
export function flatRecords(signal: OtlpSignal, requests: readonly object[]): string[] {
  const [resources, scopes, records] = LEVELS[signal] as [string, string, string];
  const flat: Members[] = [];
  for (const resource of requests.flatMap((request) => children(request as Members, resources))) {
    for (const scope of children(resource, scopes)) {
      const above = { resource: without(resource, scopes), scope: without(scope, records) };
      for (const record of children(scope, records)) {
        const own = signal === 'metrics' ? points(record) : [{ record }];
        flat.push(...own.map((one) => ({ ...above, ...one })));
      }
    }
  }
  return flat.map((record) => JSON.stringify(canonical(record)));
}

function children(members: Members, key: string): Members[] {
  return (members[key] ?? []) as Members[];
}

function without(members: Members, key: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => name !== key));
}

function points(metric: Members): Members[] {
  const kind = METRIC_DATA.find((name) => metric[name] !== undefined);
  if (kind === undefined) return [];
  const data = metric[kind] as Members;
  const head = { ...without(metric, kind), [kind]: without(data, 'dataPoints') };
  return (data['dataPoints'] as Members[]).map((point) => ({ metric: head, point }));
}

/** Values of these names mean something when they are 0, false or empty; elsewhere that is the default. */
const SET_BY_PRESENCE = /^(?:as(?:Int|Double)|\w+Value|value|body|min|max|sum)$/;

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, canonical(member)] as const);
  return Object.fromEntries(
    members
      .filter(([key, member]) => SET_BY_PRESENCE.test(key) || !isDefault(member))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === 0 || value === '0' || value === false;
}
