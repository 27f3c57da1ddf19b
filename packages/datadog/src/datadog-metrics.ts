import { join } from 'node:path';
import {
  ConfigError,
  defineSink,
  type EncodedBatch,
  type MetricBatch,
  type PluginContext,
  readClientTls,
  readProxy,
} from '@tailrace/core';
import { type MetricPoint, readPoint } from '@tailrace/telemetry';
import { metricsApi } from './api-client.ts';
import { createConnection } from './connection.ts';
import { httpClient } from './http-client.ts';
import { type Assembly, assemble } from './metrics/assemble.ts';
import { metricDelivery } from './metrics/delivery.ts';
import { encodeEntries, entriesOf } from './metrics/entries.ts';
import { examples } from './metrics/examples.ts';
import { type MetadataTeller, metadataTeller } from './metrics/metadata.ts';
import { type DatadogMetricsConfig, datadogMetricsOptions } from './metrics/options.ts';
import { metricPacking } from './metrics/packing.ts';
import { probeKey } from './probe.ts';
import { legalTag } from './tags.ts';
import { apiUrl, type ConnectionConfig, intakeUrl } from './targets.ts';

/** Writes metrics to Datadog: counts, rates and gauges by /api/v2/series, distributions by /api/v1/distribution_points. */
export const datadogMetrics = defineSink({
  type: 'datadog_metrics',
  summary: 'Send metrics to Datadog.',
  description: [
    'Counters that rise for ever become what came since the last point; the last values are kept on the disk and move only when Datadog has',
    'accepted a request, so that a restart neither loses nor repeats an increment. Histograms become distributions and exact counts.',
    '',
    'How each kind of metric is shown, what each answer of Datadog leads to, and what the limits are, stands in',
    '[Datadog](../../datadog.md#metrics).',
  ].join('\n'),
  input: 'metrics',
  config: datadogMetricsOptions,
  examples,
  create: ({ config: options, context }) => {
    // What came since the last point is known when that one has been accepted.
    const config = { ...options, max_in_flight: 1 };
    const urls = {
      series: intakeUrl(config, 'api', '/api/v2/series'),
      distributions: intakeUrl(config, 'api', '/api/v1/distribution_points'),
    };
    const connection = createConnection(config, urls.series, context);
    const folder = join(context.dataDir, context.componentId);
    const assembly = assemblyOf(config);
    const metadata = createTeller(config, folder, context);
    const delivery = metricDelivery({
      ...{ context, folder, assembly },
      keeping: { maxSeries: config.max_series, maxAgeMs: config.delta_ttl },
      packing: metricPacking(config),
      runStart: BigInt(Math.round(performance.timeOrigin)) * 1_000_000n,
      post: ({ address, body, encoding }, signal) => connection.postPacked(urls[address], body, encoding, signal),
    });
    return {
      limits: { bytes: config.max_bytes, events: config.max_events, waitMs: config.max_wait },
      maxInFlight: config.max_in_flight,
      encode: (batch, from, to, out) => encodeEntries(batch as MetricBatch, from, to, out),
      async send(body, signal) {
        const points = pointsOf(body);
        const verdict = await delivery.send(body, points, signal);
        if (verdict.kind === 'done') metadata?.note(points);
        return verdict;
      },
      bodyText: (body) => bodyText(body, assembly),
      probe: (signal) => probeKey(connection, config, signal),
      async close() {
        await metadata?.close();
        await delivery.close();
        connection.close();
      },
    };
  },
});

function pointsOf(body: EncodedBatch): MetricPoint[] {
  return entriesOf(body).map(({ envelope, record }) => readPoint(envelope, record));
}

/** What a first request of these points would hold, whatever their age: a line per address. */
function bodyText(body: EncodedBatch, assembly: Assembly): string {
  const points = pointsOf(body);
  const nothing = { get: () => undefined, since: 0n };
  const how = { ...assembly, maxAgeMs: Infinity };
  const texts = (['series', 'distributions'] as const).map((address) => assemble(points, address, nothing, how).text);
  return texts.filter((text) => text !== null).join('\n');
}

function assemblyOf(config: DatadogMetricsConfig): Assembly {
  const tags = Object.entries(config.tags).map(([key, value]) => legalTag(`${key}:${value}`));
  return {
    naming: {
      namespace: config.namespace,
      hostname: config.hostname,
      hostAttributes: config.host_attributes,
      resourceTags: config.resource_tags,
      tags: tags.filter((tag) => tag !== ''),
    },
    shape: {
      counters: config.counters,
      histograms: config.histograms,
      quantiles: config.quantiles,
      maxValues: config.max_values,
    },
    firstValue: config.first_value,
    maxAgeMs: config.max_age,
  };
}

/** A longer time would be over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function createTeller(
  config: DatadogMetricsConfig & ConnectionConfig,
  folder: string,
  context: PluginContext,
): MetadataTeller | null {
  const { app_key: appKey, retry_after: retryAfterMs } = config.metadata;
  if (!appKey) return null;
  if (retryAfterMs < 1000 || retryAfterMs > LONGEST_TIMER_MS) {
    throw new ConfigError(['metadata', 'retry_after'], 'must be from 1s to 24d');
  }
  const url = apiUrl(config, '');
  if (!url) {
    throw new ConfigError(['metadata', 'app_key'], 'needs `api_url` beside `url`, to know where the API is');
  }
  const http = httpClient({
    tls: url.protocol === 'http:' ? {} : readClientTls(config.tls, [url], context),
    proxy: readProxy(config.proxy),
    connectTimeout: config.connect_timeout,
    headersTimeout: config.headers_timeout,
    bodyTimeout: config.body_timeout,
    kept: config.max_in_flight,
  });
  const teller = metadataTeller({
    ...{ context, folder, retryAfterMs, namespace: config.namespace },
    api: (signal) => metricsApi({ url, apiKey: config.api_key.reveal(), appKey: appKey.reveal(), http, signal }),
  });
  return {
    note: (points) => teller.note(points),
    async close() {
      await teller.close();
      http.close();
    },
  };
}
