import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  datadogIntake,
  freePort,
  metricsRoutes,
  startCollector,
  storedSeries,
  storedSum,
  type TakenMetrics,
  takenMetrics,
} from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { serverOrSkip } from '../support/servers.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const collector = await serverOrSkip('collector');
const folder = new URL('../../pipelines/mirrord/', import.meta.url);
const shipped = (name: string): string => fileURLToPath(new URL(name, folder));

/** What an exposition holds of one metric, as `tailrace generate mirrord-metrics --answers` tells it. */
interface Answer {
  kind: 'counter' | 'gauge' | 'histogram';
  series: number;
  sum: number;
  count?: number;
  bounds?: number[];
  buckets?: number[];
}
interface Answers {
  scrape: number;
  metrics: Record<string, Answer>;
}

/** By then every metric that the operator has is there. */
const SCRAPES_BEFORE = 30;
const HISTOGRAMS = [
  'mirrord_sessions_duration',
  'mirrord_operator_ping_latency',
  'mirrord_ci_sessions_duration',
  'mirrord_previews_duration',
];
const COUNTERS = [
  'mirrord_sessions_create_total',
  'mirrord_stolen_connections_count',
  'mirrord_stolen_requests_count',
  'mirrord_read_sqs_messages_count',
  'mirrord_sqs_messages_forwarded_to_user_count',
  'mirrord_unmatched_sqs_messages_count',
  'mirrord_ci_sessions_create_total',
  'mirrord_previews_create_total',
];

/** An operator's metrics endpoint that has been scraped before; each scrape shows it a little later. */
async function operator(): Promise<{ url: string; answers(): Promise<Answers> }> {
  const port = await freePort();
  const serving = await startTailrace(['generate', 'mirrord-metrics', '--port', String(port)]);
  const url = `http://127.0.0.1:${port}`;
  await serving.endpoint(`${url}/metrics`);
  for (let n = 1; n < SCRAPES_BEFORE; n++) await (await fetch(`${url}/metrics`)).text();
  return { url: `${url}/metrics`, answers: async () => (await (await fetch(`${url}/answers`)).json()) as Answers };
}

function dataDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'mirrord-metrics-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function answersOf(scrape: number): Promise<Answers> {
  const end = await runTailrace(['generate', 'mirrord-metrics', '--scrape', String(scrape), '--answers']);
  return JSON.parse(end.stdout) as Answers;
}

type Members = Record<string, unknown>;
interface Arrived {
  kind: string;
  points: Members[];
}

/** The points of each metric in one request, whatever they are grouped under. */
function pointsByMetric(request: Members): Map<string, Arrived> {
  const scopes = (request['resourceMetrics'] as Members[]).flatMap((one) => one['scopeMetrics'] as Members[]);
  const metrics = scopes.flatMap((one) => one['metrics'] as Members[]);
  const found = new Map<string, Arrived>();
  for (const metric of metrics) {
    const kind = ['gauge', 'sum', 'histogram', 'summary'].find((name) => name in metric) ?? 'none';
    const data = metric[kind] as Members;
    const { points } = found.get(String(metric['name'])) ?? { points: [] };
    const shape =
      kind === 'gauge' ? kind : `${kind} ${data['aggregationTemporality']} ${data['isMonotonic'] ?? ''}`.trim();
    found.set(String(metric['name']), { kind: shape, points: [...points, ...(data['dataPoints'] as Members[])] });
  }
  return found;
}

/** The same figures as {@link Answer} has, of what arrived over OTLP. */
function asAnswer({ kind, points }: Arrived): Answer {
  const sumOf = (value: (point: Members) => number) => points.reduce((sum, point) => sum + value(point), 0);
  const series = points.length;
  if (!kind.startsWith('histogram')) {
    const sum = sumOf((point) => Number(point['asDouble'] ?? point['asInt']));
    return { kind: kind === 'gauge' ? 'gauge' : 'counter', series, sum };
  }
  const bounds = points[0]!['explicitBounds'] as number[];
  const buckets = [...bounds, Infinity].map((_, i) => sumOf((point) => Number((point['bucketCounts'] as string[])[i])));
  const sum = sumOf((point) => Number(point['sum'] ?? 0));
  return { kind: 'histogram', series, bounds, count: sumOf((point) => Number(point['count'] ?? 0)), sum, buckets };
}

describe('the mirrord operator’s metrics', () => {
  test.skipIf(collector.skipped).each(['http/protobuf', 'grpc'])(
    'reach a collector over OTLP (%s) with their kinds and values',
    async (protocol) => {
      const server = await startCollector({ program: collector.program });
      onTestFinished(() => server.stop());
      const { url, answers } = await operator();
      const endpoint = protocol === 'grpc' ? `http://${server.receiver.grpc}` : server.receiver.http;
      const end = await runTailrace(['run', '--once', shipped('metrics-otlp.yaml')], {
        env: {
          ...{ DATA_DIR: dataDir(), METRICS_ADDRESS: '127.0.0.1:0', OPERATOR_METRICS_URL: url },
          ...{ OTLP_ENDPOINT: endpoint, OTLP_PROTOCOL: protocol },
        },
      });
      expect(end.code, end.stderr).toBe(0);
      const [request, ...more] = await server.received('metrics');
      expect(more).toEqual([]);
      const arrived = pointsByMetric(request!);
      const known = (await answers()).metrics;
      expect(Object.keys(known)).toEqual(expect.arrayContaining([...HISTOGRAMS, ...COUNTERS]));
      for (const [name, answer] of Object.entries(known)) {
        const { sum, ...found } = asAnswer(arrived.get(name)!);
        const { sum: wanted, ...exact } = answer;
        expect([name, found]).toEqual([name, exact]);
        expect(sum, name).toBeCloseTo(wanted, 6);
      }
      for (const name of HISTOGRAMS) expect([name, arrived.get(name)?.kind]).toEqual([name, 'histogram 2']);
      for (const name of COUNTERS) expect([name, arrived.get(name)?.kind]).toEqual([name, 'sum 2 true']);
      expect(arrived.get('mirrord_license_valid_seconds')?.kind).toBe('gauge');
      expect(asAnswer(arrived.get('up')!)).toEqual({ kind: 'gauge', series: 1, sum: 1 });
    },
    60_000,
  );

  test('reach Datadog as counts of what came since, distributions and gauges', async () => {
    const taken = takenMetrics();
    const intake = await datadogIntake({ routes: metricsRoutes(taken) });
    onTestFinished(() => intake.stop());
    const { url, answers } = await operator();
    const pipeline = parse(readFileSync(shipped('metrics-datadog.yaml'), 'utf8')) as { sinks: { datadog: object } };
    Object.assign(pipeline.sinks.datadog, { url: intake.url, max_wait: '100ms' });
    const env = {
      ...{ DATA_DIR: dataDir(), METRICS_ADDRESS: '127.0.0.1:0', DD_API_KEY: 'key' },
      // Datadog keeps one value per second and series.
      ...{ OPERATOR_METRICS_URL: url, SCRAPE_INTERVAL: '1500ms' },
    };
    const files = { 'pipeline.yaml': JSON.stringify(pipeline) };
    const tailrace = await startTailrace(['run', 'pipeline.yaml'], { env, files });
    await expect.poll(() => scrapes(taken), { timeout: 30_000, interval: 50 }).toBeGreaterThanOrEqual(4);
    tailrace.signal('SIGTERM');
    const end = await tailrace.exit();
    expect(end.code, end.stderr).toBe(0);

    const [first, last] = [await answersOf(SCRAPES_BEFORE + 1), await answers()];
    const came = (name: string, figure: 'sum' | 'count') =>
      (last.metrics[name]?.[figure] ?? 0) - (first.metrics[name]?.[figure] ?? 0);
    for (const name of COUNTERS) {
      expect([name, typesOf(taken, name), storedSum(taken, name)]).toEqual([name, ['count'], came(name, 'sum')]);
    }
    for (const name of HISTOGRAMS) {
      expect([name, storedSum(taken, `${name}.count`)]).toEqual([name, came(name, 'count')]);
      expect(storedSum(taken, `${name}.sum`), name).toBeCloseTo(came(name, 'sum'), 6);
      const distribution = storedSeries(taken, name).filter(({ values }) => values.length > 0);
      expect([name, distribution.flatMap(({ values }) => values).length]).toEqual([name, came(name, 'count')]);
      expect(distribution.every(({ type }) => type === 'distribution')).toBe(true);
    }
    const [license] = storedSeries(taken, 'mirrord_license_valid_seconds');
    expect([license?.type, [...license!.points.values()].at(-1)]).toEqual([
      'gauge',
      last.metrics['mirrord_license_valid_seconds']?.sum,
    ]);
    expect(license?.tags).toEqual(expect.arrayContaining(['service:mirrord-operator', 'env:none']));
  }, 60_000);
});

const scrapes = (taken: TakenMetrics): number => storedSeries(taken, 'up')[0]?.points.size ?? 0;

const typesOf = (taken: TakenMetrics, name: string): string[] => [
  ...new Set(storedSeries(taken, name).map(({ type }) => type)),
];
