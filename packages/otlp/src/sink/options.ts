import { bytes, CLIENT_TLS, duration, type Infer, integer, map, object, oneOf, secret, string } from '@tailrace/core';
import { compressionLevel } from '@tailrace/http';
import { logOptions } from './logs/options.ts';

const url = (signal: string) =>
  string({ description: `URL for ${signal}, used as it is; ${signal} go there in place of \`endpoint\`.` });

/** The options of the `otlp` sink. */
export const otlpSinkOptions = object({
  protocol: oneOf(['http/protobuf', 'http/json', 'grpc'], {
    default: 'http/protobuf',
    description: 'How requests are carried: HTTP with protobuf or JSON bodies, or gRPC.',
  }),
  endpoint: string({
    description:
      'URL of the receiver. Over HTTP, `/v1/logs`, `/v1/metrics` and `/v1/traces` are appended. Default: http://localhost:4318, over gRPC http://localhost:4317.',
    examples: ['https://otlp.example.com:4318'],
  }),
  endpoints: object(
    { logs: url('logs'), metrics: url('metrics'), traces: url('traces') },
    { description: 'Places of their own for single signals.' },
  ),
  headers: map(secret({ description: 'Value of the header.' }), {
    default: {},
    description: 'Headers sent with every request; over gRPC its metadata.',
    examples: [{ 'api-key': 'secret' }],
  }),
  auth: object(
    {
      bearer: secret({ description: 'Token for `Authorization: Bearer`.' }),
      username: string({ description: 'User for basic authentication, in place of a token.' }),
      password: secret({ description: 'Password of that user.' }),
    },
    { description: 'How to prove who is sending.' },
  ),
  tls: object(CLIENT_TLS, { description: 'Encryption, for an `endpoint` with https.' }),
  compression: oneOf(['gzip', 'zstd', 'none'], {
    default: 'gzip',
    description: 'How bodies are packed; every OTLP receiver has to know gzip, few know zstd (HTTP only).',
  }),
  compression_level: compressionLevel,
  partial_success: oneOf(['dead_letters', 'accept'], {
    default: 'dead_letters',
    description:
      'When the target rejects some records of a request, it does not say which: `dead_letters` keeps them all as dead letters with its message, `accept` counts those rejected and goes on without them.',
  }),
  proxy: secret({
    description: 'HTTP proxy to reach the target through (not over gRPC): http://[user:password@]host:port.',
  }),
  logs: logOptions,
  connect_timeout: duration({
    default: '10s',
    description: 'How long a connection may take to open, TLS and proxy included; 0: without limit.',
  }),
  headers_timeout: duration({
    default: '30s',
    description:
      'How long the target may take from the end of a request to the headers of its answer (HTTP); 0: without limit.',
  }),
  body_timeout: duration({
    default: '10s',
    description:
      'Longest silence in the middle of an answer (HTTP); 0: without limit. `request_timeout` limits all of a request together.',
  }),
  max_bytes: bytes({
    default: '4MB',
    description: 'Most bytes of one request, before compression. gRPC servers take 4 MiB unless told otherwise.',
  }),
  max_events: integer({
    default: 8192,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Most records of one request: log records, data points or spans.',
  }),
  max_wait: duration({ default: '1s', description: 'Longest time an event waits for others to be sent with.' }),
  max_in_flight: integer({ default: 4, minimum: 1, maximum: 64, description: 'Most requests under way at once.' }),
});

/** The resolved options of the `otlp` sink. */
export type OtlpSinkConfig = Infer<typeof otlpSinkOptions>;
