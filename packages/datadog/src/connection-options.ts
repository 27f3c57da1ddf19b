import { CLIENT_TLS, duration, integer, map, object, oneOf, secret, string } from '@tailrace/core';
import { compressionLevel } from '@tailrace/http';

/** The options that all sinks for Datadog have: where it is, who is sending, and how. */
export const connectionOptions = {
  api_key: secret({ required: true, description: 'API key of the organisation, sent as `DD-API-KEY`.' }),
  site: string({
    default: 'datadoghq.com',
    minLength: 1,
    description: 'The Datadog site that the key belongs to, as its documentation names it.',
    examples: ['datadoghq.eu', 'us3.datadoghq.com', 'us5.datadoghq.com', 'ap1.datadoghq.com', 'ddog-gov.com'],
  }),
  url: string({
    minLength: 1,
    description:
      'Where requests go in place of the site’s own address, such as a proxy’s; the path of the API is added.',
    examples: ['https://intake.example.com'],
  }),
  api_url: string({
    minLength: 1,
    description:
      'Where the key is checked. Default: `https://api.` and the site; with `url` it is not checked unless this is set.',
  }),
  headers: map(secret({ description: 'Value of the header.' }), {
    default: {},
    description: 'Headers sent with every request.',
  }),
  proxy: secret({ description: 'HTTP proxy to reach Datadog through: http://[user:password@]host:port.' }),
  tls: object(CLIENT_TLS, { description: 'Encryption, for addresses with https.' }),
  connect_timeout: duration({
    default: '10s',
    description: 'How long a connection may take to open, TLS and proxy included; 0: without limit.',
  }),
  headers_timeout: duration({
    default: '30s',
    description: 'How long it may take from the end of a request to the headers of its answer; 0: without limit.',
  }),
  body_timeout: duration({
    default: '10s',
    description:
      'Longest silence in the middle of an answer; 0: without limit. `request_timeout` limits all of a request together.',
  }),
  compression: oneOf(['gzip', 'zstd', 'none'], { default: 'gzip', description: 'How requests are packed.' }),
  compression_level: compressionLevel,
  max_in_flight: integer({ default: 4, minimum: 1, maximum: 64, description: 'Most requests under way at once.' }),
};
