import { anyOf, bytes, duration, type Infer, object, oneOf, secret, string } from '@tailrace/core';

const off = oneOf([false], { description: 'Do not listen.' });
const address = string({
  required: true,
  minLength: 1,
  description: 'host:port to listen on (port 0: any free one); only loopback reaches the default.',
});

/** The options of the `otlp` source. */
export const otlpSourceOptions = object({
  grpc: anyOf([off, object({ address })], {
    default: { address: '127.0.0.1:4317' },
    description: 'Where to take OTLP over gRPC; `false`: nowhere. `0.0.0.0:4317` lets other machines in.',
    examples: [{ address: '0.0.0.0:4317' }, false],
  }),
  http: anyOf([off, object({ address })], {
    default: { address: '127.0.0.1:4318' },
    description:
      'Where to take OTLP over HTTP/1.1, protobuf and JSON, at `/v1/logs`, `/v1/metrics` and `/v1/traces`; `false`: nowhere.',
    examples: [{ address: '0.0.0.0:4318' }, false],
  }),
  max_body_bytes: bytes({
    default: '64MiB',
    description:
      'Most bytes of a request after decompression; a larger one is refused for good (413, RESOURCE_EXHAUSTED without RetryInfo). 512MiB at most.',
  }),
  max_compressed_bytes: bytes({
    default: '16MiB',
    description: 'Most bytes of a compressed request as it comes over the wire; a larger one is refused alike.',
  }),
  max_event_bytes: bytes({
    default: '4MiB',
    description:
      'Most bytes of one log record as JSON, one data point or one span. Larger ones are left out, which the answer says (partial success), and counted; 4MiB at most.',
  }),
  max_in_flight_bytes: bytes({
    default: '64MiB',
    description:
      'Most bytes of requests that are being read or have not settled; above it, senders are asked to come back later (429, RESOURCE_EXHAUSTED with RetryInfo). No less than `max_body_bytes`.',
  }),
  ack_timeout: duration({
    positive: true,
    default: '5s',
    description:
      'How long a sender waits until every sink has its request, or has it on the disk; then it hears 503 or UNAVAILABLE. What it sends again arrives twice, if the first one comes through after all: a queue on the disk settles in time while a target is dead.',
  }),
  read_timeout: duration({
    positive: true,
    default: '30s',
    description: 'How long a request may take to arrive; then it is refused (408, DEADLINE_EXCEEDED).',
  }),
  tls: object(
    {
      certificate: string({
        minLength: 1,
        description: 'PEM file of the server’s certificate, with those between it and the root.',
      }),
      key: string({ minLength: 1, description: 'PEM file of its private key.' }),
      client_ca: string({
        minLength: 1,
        description: 'PEM file of the authorities whose clients are let in; without it, any client is.',
      }),
    },
    { description: 'Encryption of both listeners; none without `certificate`.' },
  ),
  auth: object(
    {
      bearer: secret({ description: 'Token that each request must bring: `authorization: Bearer …`.' }),
    },
    { description: 'Who may send; anybody who reaches the address, unless set.' },
  ),
});

/** The resolved options of the `otlp` source. */
export type OtlpSourceConfig = Infer<typeof otlpSourceOptions>;
