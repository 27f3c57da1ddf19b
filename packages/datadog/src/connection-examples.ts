import type { ConfigExample } from '@tailrace/core';

/** A relay in between: an example of all sinks for Datadog. */
export const throughRelay: ConfigExample = {
  title: 'Through a relay with a certificate of the company, which wants one of the client too',
  config: {
    api_key: `\${file:secrets/datadog-api-key}`,
    url: 'https://10.0.0.30:8443',
    api_url: 'https://api.datadoghq.com',
    headers: { 'x-relay-token': `\${RELAY_TOKEN}` },
    tls: {
      ...{ ca: 'tls/ca.pem', server_name: 'relay.example.com' },
      ...{ certificate: 'tls/client.pem', key: 'tls/client-key.enc.pem', key_passphrase: `\${KEY_PASSPHRASE}` },
    },
  },
};

/** A server that stands in for Datadog's: an example of all sinks for it. */
export const toStandIn: ConfigExample = {
  title: 'To a stand-in for tests, whose certificate nobody can check',
  config: { api_key: 'any', url: 'https://localhost:8443', tls: { verify: false } },
};
