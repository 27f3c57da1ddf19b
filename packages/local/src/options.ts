import { boolean, bytes, duration, type Infer, integer, list, object, secret, string } from '@tailrace/core';

const file = (description: string) => string({ minLength: 1, description });

/** The options of the `local` sink. */
export const localOptions = object({
  path: string({
    minLength: 1,
    description:
      'The store, a DuckDB file that is made when it is missing, relative to the pipeline file; `store.duckdb` in `data_dir` unless set.',
    examples: ['logs/store.duckdb'],
  }),
  fields: list(file('Path of a field file, relative to the pipeline file.'), {
    default: [],
    description:
      'Field files: each declared field is a column of the table `logs`, named by its path. All else stands in the column `_text`.',
    examples: [['fields.yaml']],
  }),
  retention: object(
    {
      max_age: duration({ default: '7d', description: 'What is older, by its own time, is deleted.' }),
      max_bytes: bytes({
        default: '1GiB',
        description: 'The file does not grow beyond it; about half of it holds data. The oldest is deleted.',
      }),
    },
    { description: 'How long data stays.' },
  ),
  memory_limit: bytes({
    default: '256MiB',
    description: 'Most memory that DuckDB uses, for writing and for all queries together; beyond it, it uses the disk.',
  }),
  threads: integer({ default: 2, minimum: 1, maximum: 64, description: 'Threads that DuckDB works with.' }),
  page: object(
    {
      enabled: boolean({ default: true, description: 'Serve the page with the dashboards, and the HTTP API.' }),
      address: string({
        default: '127.0.0.1:9600',
        minLength: 1,
        description: 'Address and port of the page; one beyond this machine needs a `token`.',
        examples: ['[::1]:9600', '0.0.0.0:9600'],
      }),
      token: secret({ description: 'Who opens the page or asks the API has to bring it.' }),
      tls: object(
        {
          certificate: file('PEM file of the server’s certificate, with those between it and its authority.'),
          key: file('PEM file of its private key.'),
        },
        { description: 'Serve HTTPS; both files have to be set.' },
      ),
      allowed_hosts: list(string({ minLength: 1, description: 'A host name, without the port.' }), {
        default: [],
        description: 'Further names that the page may be opened by; others are refused.',
        examples: [['logs.example.com']],
      }),
    },
    { description: 'The page with the dashboards.' },
  ),
});

/** Resolved options of the `local` sink. */
export type LocalConfig = Infer<typeof localOptions>;
