import type { ConfigExample } from '@tailrace/core';

/** The examples of the `prometheus_scrape` source. */
export const examples: readonly ConfigExample[] = [
  { title: 'The metrics of a mirrord operator', config: { targets: ['http://mirrord-operator.mirrord:9000'] } },
  {
    title: 'Two targets, one with TLS and a token',
    config: {
      interval: '15s',
      labels: { cluster: 'west' },
      targets: [
        'http://10.0.0.7:9100/metrics',
        {
          url: 'https://10.0.0.8:8443/metrics',
          job: 'gateway',
          timeout: '5s',
          auth: { bearer_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
          tls: { server_name: 'gateway.example' },
        },
      ],
    },
  },
  {
    title: 'Kubelets: with a client certificate and the token of the pod',
    config: {
      job: 'kubelet',
      interval: '1m',
      timeout: '20s',
      targets: ['https://10.0.0.7:10250', 'https://10.0.0.8:10250/metrics/cadvisor'],
      auth: { bearer_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
      tls: {
        ca: 'tls/ca.pem',
        certificate: 'tls/client.pem',
        key: 'tls/client-key.enc.pem',
        key_passphrase: `\${KUBELET_KEY_PASSPHRASE}`,
        server_name: 'kubelet.example.com',
      },
    },
  },
  {
    title: 'What jobs have pushed: their own `job` and `instance` win, and the time is that of the scrape',
    config: {
      targets: ['http://pushgateway.example.com:9091'],
      auth: { username: 'tailrace', password: `\${PUSHGATEWAY_PASSWORD}` },
      honor_labels: true,
      honor_timestamps: false,
    },
  },
  {
    title: 'Very many series in one answer, from a gateway in a test',
    config: {
      targets: ['https://localhost:9443/federate?match[]={job!=""}'],
      headers: { 'x-scope-orgid': 'shop' },
      auth: { bearer: `\${FEDERATION_TOKEN}` },
      tls: { verify: false },
      sample_limit: 1_000_000,
      body_size_limit: '256MiB',
    },
  },
  {
    title: 'Targets that have little in common',
    config: {
      targets: [
        {
          url: 'https://api.example.com',
          interval: '10s',
          instance: 'api-1',
          labels: { team: 'shop' },
          headers: { 'x-scope-orgid': 'shop' },
          auth: { bearer: `\${file:secrets/api-token}` },
        },
        {
          url: 'https://10.0.0.9:9100',
          auth: { username: 'tailrace', password: `\${NODE_PASSWORD}` },
          tls: { verify: false },
        },
        {
          url: 'https://db.example.com:9187',
          tls: {
            ca: 'tls/ca.pem',
            certificate: 'tls/client.pem',
            key: 'tls/client-key.enc.pem',
            key_passphrase: `\${DB_KEY_PASSPHRASE}`,
          },
        },
      ],
    },
  },
];
