import type { ConfigExample } from '@tailrace/core';
import { throughRelay, toStandIn } from '../connection-examples.ts';

/** The examples of the `datadog_logs` sink. */
export const examples: readonly ConfigExample[] = [
  { title: 'To the default site', config: { api_key: `\${DD_API_KEY}` } },
  {
    title: 'To the EU site, with tags and a fixed service',
    config: {
      api_key: `\${DD_API_KEY}`,
      site: 'datadoghq.eu',
      service: 'mirrord-operator',
      tags: { env: 'production', version: { field: 'kubernetes.labels.version', otherwise: 'unknown' } },
      compression: 'zstd',
      compression_level: 6,
    },
  },
  {
    title: 'Events of a program that has names of its own',
    config: {
      api_key: `\${DD_API_KEY}`,
      message: { fields: ['text', 'event.summary'], otherwise: '(no text)' },
      ddsource: { fields: ['runtime'], otherwise: 'nodejs' },
      service: { fields: ['app'], otherwise: 'shop' },
      hostname: { fields: ['machine'], otherwise: 'unknown' },
      status: { fields: ['lvl'], otherwise: 'info' },
      severity_number: 'lvl_number',
      timestamp: ['time'],
      trace: { trace_id: ['trace'], span_id: ['span'], traceparent: ['headers.traceparent'], form: 'hex' },
    },
  },
  {
    title: 'Names of Kubernetes where another shipper put them',
    config: {
      api_key: `\${DD_API_KEY}`,
      kubernetes: {
        tags: true,
        namespace: ['k8s.namespace'],
        container: ['k8s.container'],
        pod: ['k8s.pod'],
        deployment: ['k8s.deployment'],
      },
    },
  },
  throughRelay,
  {
    title: 'Through a proxy; a connection has to be there soon',
    config: { api_key: `\${DD_API_KEY}`, proxy: `\${HTTPS_PROXY}`, connect_timeout: '5s' },
  },
  toStandIn,
  {
    title: 'A slow line: smaller requests, a queue on the disk, and what grows too old there is kept as dead letters',
    config: {
      api_key: `\${DD_API_KEY}`,
      max_entry_bytes: '200KB',
      max_bytes: '1MB',
      max_events: 500,
      max_wait: '5s',
      max_in_flight: 1,
      max_age: '12h',
      on_too_old: 'dead_letter',
      headers_timeout: '2m',
      body_timeout: '30s',
      request_timeout: '3m',
      queue: { type: 'disk', max_bytes: '10GiB' },
    },
  },
];
