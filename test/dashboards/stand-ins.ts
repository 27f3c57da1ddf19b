import {
  bulkAnswer,
  datadogIntake,
  elasticsearchScript,
  metricsRoutes,
  type ScriptedServer,
  scriptedServer,
  storedSeries,
  takenMetrics,
} from '@tailrace/testkit';
import { type GivenMetric, pathsOf } from './contract.ts';

type Members = Record<string, unknown>;

/** A server that takes bulk requests, and what it was given. */
export interface TakenDocuments {
  readonly url: string;
  documents(): Members[];
  indices(): Set<string>;
  stop(): Promise<void>;
}

export async function takeDocuments(): Promise<TakenDocuments> {
  const server = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request)));
  const lines = (): Members[] => {
    const bulks = server.requests.filter(({ path }) => path.includes('_bulk'));
    return bulks.flatMap(({ text }) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Members),
    );
  };
  return {
    url: server.url,
    documents: () => lines().filter((_, at) => at % 2 === 1),
    indices() {
      const actions = lines().filter((_, at) => at % 2 === 0) as Record<string, { _index: string }>[];
      return new Set(actions.flatMap((action) => Object.values(action).map(({ _index }) => _index)));
    },
    stop: server.stop,
  };
}

/** A stand-in for Datadog, and what it was given. */
export interface TakenTelemetry {
  readonly url: string;
  logs(): readonly Readonly<Members>[];
  metrics(): Map<string, GivenMetric>;
  scrapes(): number;
  stop(): Promise<void>;
}

export async function takeTelemetry(): Promise<TakenTelemetry> {
  const taken = takenMetrics();
  const intake = await datadogIntake({ routes: metricsRoutes(taken) });
  const kinds: Readonly<Record<string, string>> = { count: 'counter', gauge: 'gauge', distribution: 'histogram' };
  return {
    url: intake.url,
    // The samples are older than Datadog keeps; that it drops them is its own affair.
    logs: () => [...intake.logs.entries, ...intake.logs.dropped],
    metrics() {
      const found = givenMetrics();
      for (const { metric, type, tags } of storedSeries(taken))
        found.add(
          metric,
          kinds[type] ?? type,
          tags.map((tag) => tag.split(':')[0]!),
        );
      return found.all;
    },
    scrapes: () => storedSeries(taken, 'up')[0]?.points.size ?? 0,
    stop: intake.stop,
  };
}

/** A receiver of OTLP's JSON, and the metrics that it was given. */
export async function takeMetrics(): Promise<Pick<ScriptedServer, 'url' | 'stop'> & { metrics(): TakenMetrics }> {
  const server = await scriptedServer([{ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }]);
  return {
    url: server.url,
    stop: server.stop,
    metrics() {
      const found = givenMetrics();
      for (const { text } of server.requests)
        for (const metric of metricsIn(JSON.parse(text))) addMetric(found, metric);
      return found.all;
    },
  };
}

type TakenMetrics = Map<string, GivenMetric>;
interface Collected {
  readonly all: TakenMetrics;
  add(name: string, kind: string, labels: readonly string[]): void;
}

function givenMetrics(): Collected {
  const all = new Map<string, { kinds: Set<string>; labels: Set<string> }>();
  return {
    all,
    add(name, kind, labels) {
      const given = all.get(name) ?? { kinds: new Set(), labels: new Set() };
      all.set(name, given);
      given.kinds.add(kind);
      for (const label of labels) given.labels.add(label);
    },
  };
}

interface OtlpMetric {
  name: string;
  gauge?: OtlpPoints;
  sum?: OtlpPoints & { isMonotonic?: boolean };
  histogram?: OtlpPoints;
}
interface OtlpPoints {
  dataPoints: { attributes?: { key: string }[] }[];
}

function metricsIn(request: { resourceMetrics?: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] }): OtlpMetric[] {
  return (request.resourceMetrics ?? []).flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
}

function addMetric(found: Collected, { name, gauge, sum, histogram }: OtlpMetric): void {
  const kind = histogram ? 'histogram' : sum?.isMonotonic ? 'counter' : 'gauge';
  const points = (histogram ?? sum ?? gauge)?.dataPoints ?? [];
  for (const { attributes = [] } of points)
    found.add(
      name,
      kind,
      attributes.map(({ key }) => key),
    );
}

/** Paths in all of these events together. */
export function allPaths(events: readonly object[]): Set<string> {
  return new Set(events.flatMap((event) => pathsOf(event)));
}
