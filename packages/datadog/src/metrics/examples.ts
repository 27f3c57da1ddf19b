import type { ConfigExample } from '@tailrace/core';
import { throughRelay, toStandIn } from '../connection-examples.ts';

/** The examples of the `datadog_metrics` sink. */
export const examples: readonly ConfigExample[] = [
  { title: 'To the default site', config: { api_key: `\${DD_API_KEY}` } },
  {
    title: 'To the EU site, histograms as bucket counts, with units and descriptions',
    config: {
      api_key: `\${DD_API_KEY}`,
      site: 'datadoghq.eu',
      tags: { env: 'production' },
      histograms: 'counters',
      metadata: { app_key: `\${DD_APP_KEY}`, retry_after: '30m' },
    },
  },
  {
    title: 'Names, hosts and tags as an older set-up has them',
    config: {
      api_key: `\${DD_API_KEY}`,
      namespace: 'shop',
      hostname: 'shop-gateway',
      host_attributes: ['host.id'],
      resource_tags: { 'service.name': 'service', 'service.namespace': 'team' },
    },
  },
  {
    title: 'Few custom metrics: rates, no quantiles, coarse distributions',
    config: { api_key: `\${DD_API_KEY}`, counters: 'rate', quantiles: false, max_values: 1000 },
  },
  {
    title: 'Batch jobs: counters from their first value on, series that rest for days',
    config: { api_key: `\${DD_API_KEY}`, first_value: 'keep', delta_ttl: '7d', max_series: 500_000 },
  },
  throughRelay,
  toStandIn,
  {
    title: 'A slow line through a proxy: smaller requests, well packed, and a queue on the disk',
    config: {
      api_key: `\${DD_API_KEY}`,
      proxy: `\${HTTPS_PROXY}`,
      compression: 'zstd',
      compression_level: 9,
      max_bytes: '256KiB',
      max_events: 250,
      max_wait: '10s',
      max_age: '45m',
      connect_timeout: '30s',
      headers_timeout: '2m',
      body_timeout: '30s',
      request_timeout: '3m',
      queue: { type: 'disk', max_bytes: '1GiB', when_full: 'drop_oldest' },
      retry: { max_attempts: 20 },
    },
  },
];
