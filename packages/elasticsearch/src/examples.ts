import type { ConfigExample } from '@tailrace/core';

const FIELDS = `version: 1
fields:
  "@timestamp": { type: date, description: When it happened. }
  level: { type: keyword, description: How serious it is. }
  duration_ms: { type: double, description: How long it took. }
`;

/** The examples of the `elasticsearch` sink. */
export const examples: readonly ConfigExample[] = [
  { title: 'One index per day, as Logstash names them', config: { nodes: ['http://localhost:9200'] } },
  {
    title: 'A data stream, with an API key over TLS',
    config: {
      nodes: ['https://search.example.com:9200'],
      auth: { api_key: `\${ES_API_KEY}` },
      data_stream: { type: 'logs', dataset: 'mirrord', namespace: 'production' },
      gzip: 1,
    },
  },
  {
    title: 'An index per namespace and month',
    config: {
      nodes: ['http://localhost:9200'],
      index: 'logs-{{ kubernetes.namespace_name }}-{{ YYYY.MM }}',
      index_fallback: 'other',
    },
  },
  {
    title: 'Nodes that want a client certificate, in a cluster with an authority of its own',
    config: {
      nodes: ['https://10.0.0.11:9200', 'https://10.0.0.12:9200'],
      auth: { username: 'tailrace', password: `\${file:secrets/elasticsearch-password}` },
      tls: {
        ca: 'tls/ca.pem',
        certificate: 'tls/client.pem',
        key: 'tls/client-key.enc.pem',
        key_passphrase: `\${ES_KEY_PASSPHRASE}`,
        server_name: 'search.example.com',
      },
    },
  },
  {
    title: 'Elastic Cloud, through a proxy, with an ingest pipeline',
    config: {
      cloud_id: 'production:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLmNvbSQwYTFiMmMzZA==',
      auth: { api_key: `\${ES_API_KEY}` },
      proxy: `\${HTTPS_PROXY}`,
      connect_timeout: '5s',
      headers: { 'x-opaque-id': 'tailrace' },
      data_stream: 'logs-app-production',
      pipeline: 'geoip',
    },
  },
  {
    title: 'Typed fields: an index per week, whose template is made of a field file',
    config: {
      nodes: ['http://localhost:9200'],
      logstash_format: { prefix: 'shop', separator: '-', date: 'GGGG.WW' },
      template: {
        fields: 'fields.yaml',
        name: 'shop',
        version: 2,
        priority: 300,
        ignore_above: 2048,
        flattened: ['_overflow', 'labels'],
        settings: { 'index.number_of_shards': 2, 'index.mapping.total_fields.limit': 500 },
        overwrite: true,
      },
    },
    files: { 'fields.yaml': FIELDS },
  },
  {
    title: 'An index with a template of its own; what is sent again replaces what is stored',
    config: { nodes: ['http://localhost:9200'], index: 'audit', op_type: 'index', template: { enabled: false } },
  },
  {
    title: 'A load test that does not mind an event stored twice, on a cluster with a self-made certificate',
    config: {
      nodes: ['https://localhost:9200'],
      auth: { username: 'elastic', password: `\${ES_PASSWORD}` },
      tls: { verify: false },
      id: 'none',
      max_in_flight: 16,
    },
  },
  {
    title: 'A slow cluster: smaller requests, more patience, and a queue on the disk',
    config: {
      nodes: ['http://localhost:9200'],
      max_bytes: '1MB',
      max_events: 500,
      max_wait: '5s',
      max_in_flight: 1,
      headers_timeout: '2m',
      body_timeout: '30s',
      request_timeout: '3m',
      queue: { type: 'disk', max_bytes: '10GiB', when_full: 'block' },
      retry: { initial: '2s', max: '2m' },
    },
  },
];
