import type { ConfigExample } from '@tailrace/core';

const FIELDS = `version: 1
fields:
  duration_ms: { type: double, description: How long it took. }
  user.id: { type: keyword, description: Whose request it was. }
`;

/** The examples of the `otlp` sink. */
export const examples: readonly ConfigExample[] = [
  { title: 'A Collector beside it', config: {} },
  { title: 'A Collector over gRPC', config: { protocol: 'grpc', endpoint: 'http://collector.example.com:4317' } },
  {
    title: 'A service with a key, over TLS and through a proxy',
    config: {
      endpoint: 'https://otlp.example.com',
      headers: { 'api-key': `\${OTLP_API_KEY}` },
      proxy: `\${HTTPS_PROXY}`,
      connect_timeout: '5s',
    },
  },
  {
    title: 'A Collector over gRPC that wants a client certificate',
    config: {
      protocol: 'grpc',
      endpoint: 'https://10.0.0.20:4317',
      tls: {
        ca: 'tls/ca.pem',
        certificate: 'tls/client.pem',
        key: 'tls/client-key.enc.pem',
        key_passphrase: `\${OTLP_KEY_PASSPHRASE}`,
        server_name: 'collector.example.com',
      },
    },
  },
  {
    title: 'A store for each signal, with a token, packed by zstd',
    config: {
      endpoints: {
        logs: 'https://logs.example.com/otlp/v1/logs',
        metrics: 'https://metrics.example.com/otlp/v1/metrics',
        traces: 'https://traces.example.com/otlp/v1/traces',
      },
      auth: { bearer: `\${file:secrets/otlp-token}` },
      compression: 'zstd',
      compression_level: 6,
    },
  },
  {
    title: 'A receiver in a test: JSON to read along, and what it rejects is let go',
    config: {
      protocol: 'http/json',
      endpoint: 'https://localhost:4318',
      auth: { username: 'tailrace', password: `\${OTLP_PASSWORD}` },
      tls: { verify: false },
      compression: 'none',
      partial_success: 'accept',
    },
  },
  {
    title: 'Logs of a program that has names of its own, with types by a field file',
    config: {
      logs: {
        body: ['text'],
        severity_text: ['lvl'],
        severity_number: ['lvl_number'],
        severities: { verbose: 5, audit: 10 },
        trace_id: ['trace'],
        span_id: ['span'],
        trace_flags: ['trace_sampled'],
        event_name: ['event.name'],
        resource_fields: { 'service.name': 'app', 'k8s.pod.name': 'kubernetes.pod_name' },
        resource: { 'deployment.environment.name': 'production' },
        file: 'fields.yaml',
      },
    },
    files: { 'fields.yaml': FIELDS },
  },
  {
    title: 'Logs for a store that knows no nested attributes, joined to traces by `traceparent`',
    config: {
      logs: {
        flatten: true,
        traceparent: ['request.headers.traceparent'],
        fields: { 'response.bytes': { type: 'long' } },
      },
    },
  },
  {
    title: 'A slow receiver: smaller requests, more patience, and a queue on the disk',
    config: {
      endpoint: 'https://otlp.example.com',
      max_bytes: '1MB',
      max_events: 1000,
      max_wait: '5s',
      max_in_flight: 1,
      headers_timeout: '2m',
      body_timeout: '30s',
      request_timeout: '3m',
      queue: { type: 'disk', max_bytes: '10GiB' },
      retry: { max: '2m', max_age: '24h' },
    },
  },
];
