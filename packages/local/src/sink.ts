import { defineSink, readServerTls } from '@tailrace/core';
import { checkOptions } from './check-options.ts';
import { fieldColumns } from './field-columns.ts';
import { localOptions } from './options.ts';
import { bodyText, decodeEntries, encodeEntries } from './record-format.ts';
import { storeHandle } from './store-handle.ts';

const FIELDS = `version: 1
fields:
  level: { type: keyword, description: How serious it is. }
  duration_ms: { type: double, description: How long it took. }
`;

/** Keeps logs, metrics and traces in a DuckDB file and shows them on a page. */
export const local = defineSink({
  type: 'local',
  summary: 'Keep logs, metrics and traces in a file on this machine, for SQL and for the dashboards in a browser.',
  description: [
    'The store is a DuckDB file with the tables `logs`, `metrics` and `traces`. Each body is one transaction, and in the same transaction',
    'the store notes the positions that it holds: what comes again after a crash is skipped. What is stored, what is guaranteed and what',
    'SQL to ask it with stands in [The local store](../../local.md).',
  ].join('\n'),
  input: ['logs', 'metrics', 'traces'],
  config: localOptions,
  examples: [
    {
      title: 'A store in `data_dir`, the page on this machine',
      config: { fields: ['fields.yaml'] },
      files: { 'fields.yaml': FIELDS },
    },
    {
      title: 'Thirty days, and a page for others, by a proxy that speaks TLS',
      config: {
        path: 'store/logs.duckdb',
        fields: ['fields.yaml'],
        retention: { max_age: '30d', max_bytes: '20GiB' },
        page: { token: `\${PAGE_TOKEN}`, allowed_hosts: ['logs.example.com'] },
      },
      files: { 'fields.yaml': FIELDS },
    },
    {
      title: 'A page that other machines may open, over TLS',
      config: {
        page: {
          address: '0.0.0.0:9600',
          token: `\${PAGE_TOKEN}`,
          tls: { certificate: 'tls/server.pem', key: 'tls/server-key.pem' },
        },
      },
    },
    {
      title: 'Large queries by `tailrace query` alone: more memory and threads, no page',
      config: { memory_limit: '2GiB', threads: 8, page: { enabled: false } },
    },
  ],
  keepsIdentities: () => true,
  create({ config, context }) {
    checkOptions(config);
    const fields = fieldColumns(config.fields, context);
    const handle = storeHandle({
      config,
      fields,
      tls: readServerTls(config.page.tls, context, ['page', 'tls']),
      context,
    });
    return {
      limits: { bytes: 8 * 1024 * 1024, events: 10_000, waitMs: 250 },
      maxInFlight: 1,
      encode: encodeEntries,
      send: (body, signal) => handle.append(decodeEntries(body), signal),
      bodyText,
      probe: () => handle.probe(),
      close: () => handle.close(),
    };
  },
});
