import {
  anyOf,
  bytes,
  CLIENT_TLS,
  duration,
  type Infer,
  integer,
  list,
  map,
  object,
  oneOf,
  secret,
  string,
} from '@tailrace/core';
import { templateOptions } from './template-options.ts';

/** The options of the `elasticsearch` sink. */
export const elasticsearchOptions = object({
  nodes: list(string({ description: 'URL of a node.' }), {
    minItems: 1,
    description:
      'URLs of the nodes, used in turn; one that does not answer is used less. Default: http://localhost:9200.',
    examples: [['https://search-0.example.com:9200', 'https://search-1.example.com:9200']],
  }),
  cloud_id: string({ description: 'Cloud ID of an Elastic Cloud deployment, in place of `nodes`.' }),
  auth: object(
    {
      username: string({ description: 'User for basic authentication.' }),
      password: secret({ description: 'Password of that user.' }),
      api_key: secret({ description: 'API key, as `id:key` or encoded in base64; in place of user and password.' }),
    },
    { description: 'How to prove who is sending.' },
  ),
  tls: object(CLIENT_TLS, { description: 'Encryption, for nodes with https.' }),
  proxy: secret({ description: 'HTTP proxy to reach the nodes through: http://[user:password@]host:port.' }),
  connect_timeout: duration({
    default: '10s',
    description: 'How long a connection to a node may take to open, TLS and proxy included; 0: without limit.',
  }),
  headers_timeout: duration({
    default: '30s',
    description: 'How long a node may take from the end of a request to the headers of its answer; 0: without limit.',
  }),
  body_timeout: duration({
    default: '10s',
    description:
      'Longest silence in the middle of an answer; 0: without limit. `request_timeout` limits all of a request together.',
  }),
  headers: map(secret({ description: 'Value of the header.' }), {
    default: {},
    description: 'Headers sent with every request.',
  }),
  logstash_format: anyOf(
    [
      object({
        prefix: string({ default: 'logstash', minLength: 1, description: 'First part of the index name.' }),
        separator: string({ default: '-', description: 'What stands between prefix and date.' }),
        date: string({
          default: 'YYYY.MM.DD',
          minLength: 1,
          description: 'Date of the event in UTC, made of YYYY, MM, DD, HH, or GGGG and WW for ISO weeks.',
        }),
      }),
    ],
    {
      description: 'One index per period, such as logstash-2024.05.31; what is done when nothing else is chosen.',
      examples: [{ prefix: 'mirrord' }],
    },
  ),
  data_stream: anyOf(
    [
      string({ minLength: 1, description: 'Name of the data stream.' }),
      object({
        type: string({ default: 'logs', minLength: 1, description: 'First part of the name.' }),
        dataset: string({ default: 'generic', minLength: 1, description: 'Second part of the name.' }),
        namespace: string({ default: 'default', minLength: 1, description: 'Third part of the name.' }),
      }),
    ],
    {
      description:
        'Write to a data stream, named or by `type`, `dataset` and `namespace`; events need an `@timestamp`.',
      examples: ['logs-mirrord-default', { dataset: 'mirrord' }],
    },
  ),
  index: string({
    minLength: 1,
    description:
      'Index name; `{{ field.path }}` puts in the value of a field and `{{ YYYY.MM.DD }}` the date of the event.',
    examples: ['logs-{{ kubernetes.namespace_name }}-{{ YYYY.MM.DD }}'],
  }),
  index_fallback: string({
    default: 'unknown',
    minLength: 1,
    description: 'What stands in the index name for a field that the event lacks, or that holds no text or number.',
  }),
  op_type: oneOf(['create', 'index'], {
    default: 'create',
    description:
      '`create` keeps what is stored under the same id, `index` replaces it; data streams know only `create`.',
  }),
  id: oneOf(['position', 'none'], {
    default: 'position',
    description:
      '`position` makes ids of where an event was read, so that nothing is stored twice; `none` leaves them to the server.',
  }),
  pipeline: string({ minLength: 1, description: 'Ingest pipeline that the server runs over each event.' }),
  template: templateOptions,
  gzip: oneOf(['off', 1, 2, 3, 4, 5, 6, 7, 8, 9], {
    default: 'off',
    description: 'Compression level of requests: 1 is fast, 9 is small.',
  }),
  max_bytes: bytes({ default: '5MB', description: 'Most bytes of one request, before compression.' }),
  max_events: integer({ default: 2000, minimum: 1, maximum: 1_000_000, description: 'Most events of one request.' }),
  max_wait: duration({ default: '1s', description: 'Longest time an event waits for others to be sent with.' }),
  max_in_flight: integer({ default: 4, minimum: 1, maximum: 64, description: 'Most requests under way at once.' }),
});

/** The resolved options of the `elasticsearch` sink. */
export type ElasticsearchConfig = Infer<typeof elasticsearchOptions>;
