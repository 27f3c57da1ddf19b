import {
  anyOf,
  boolean,
  bytes,
  CLIENT_TLS,
  duration,
  type Infer,
  integer,
  list,
  map,
  object,
  secret,
  string,
} from '@tailrace/core';

const auth = object(
  {
    bearer: secret({ description: 'Token sent as `Authorization: Bearer`.' }),
    bearer_file: string({ description: 'File that holds the token; read again before each scrape.' }),
    username: string({ description: 'User for basic authentication.' }),
    password: secret({ description: 'Password of that user.' }),
  },
  { description: 'How to prove who is asking.' },
);

const tls = object(
  {
    ...CLIENT_TLS,
    // Without a default, so that a target's own `true` can be told from nothing.
    verify: boolean({
      description:
        'Check the target’s certificate, as is done unless this is `false`, which lets anybody in between answer.',
    }),
  },
  { description: 'Encryption, for targets with https.' },
);

const URL_TEXT = 'URL of an exposition; without a path, of `/metrics`.';
const labels = (description: string) => map(string({ description: 'Value of the label.' }), { description });
const headers = (description: string) => map(secret({ description: 'Value of the header.' }), { description });

/** The options of the `prometheus_scrape` source. */
export const scrapeOptions = object({
  targets: list(
    anyOf(
      [
        string({ description: URL_TEXT }),
        object({
          url: string({ required: true, description: URL_TEXT }),
          interval: duration({ description: 'Time from one scrape to the next, for this target.' }),
          timeout: duration({ description: 'Longest time of a scrape, for this target.' }),
          job: string({ minLength: 1, description: 'Its `service.name`.' }),
          instance: string({ minLength: 1, description: 'Its `service.instance.id`; default: host and port.' }),
          labels: labels('Attributes of all its points, besides those of the source.'),
          headers: headers('Headers sent to it, besides those of the source.'),
          auth,
          tls,
        }),
      ],
      { description: 'One endpoint.' },
    ),
    {
      required: true,
      minItems: 1,
      description:
        'The endpoints to read: URLs, or objects with `url` and options that count before those of the source: `interval`, `timeout`, `job`, `instance`, `labels`, `headers`, `auth`, `tls`.',
      examples: [
        ['http://mirrord-operator.mirrord:9000/metrics'],
        [{ url: 'https://10.0.0.7:8443', job: 'gateway', interval: '10s' }],
      ],
    },
  ),
  interval: duration({ default: '30s', description: 'Time from one scrape of a target to the next.' }),
  timeout: duration({
    description:
      'Longest time of a scrape, from connecting to the last byte; default: 10 s, or the interval if shorter.',
  }),
  job: string({ minLength: 1, description: 'The targets’ `service.name`; default: the id of this component.' }),
  labels: labels('Attributes of all points of all targets.'),
  honor_labels: boolean({
    default: false,
    description:
      'What a target’s own label that has the name of one given to it becomes: `false` renames it to `exported_…`, `true` lets it win, also as `job` and `instance`.',
  }),
  honor_timestamps: boolean({
    default: true,
    description: 'Take the time of a sample from the target where it says one; else the time of the scrape.',
  }),
  sample_limit: integer({
    default: 100_000,
    minimum: 1,
    description: 'Most samples of a scrape; one with more counts as failed.',
  }),
  body_size_limit: bytes({
    default: '32MiB',
    description: 'Most bytes of an answer after decompression; a longer one counts as failed.',
  }),
  headers: headers('Headers sent with every scrape.'),
  auth,
  tls,
});

/** The resolved options of the `prometheus_scrape` source. */
export type ScrapeConfig = Infer<typeof scrapeOptions>;
/** A target that is written with options of its own. */
export type TargetConfig = Exclude<ScrapeConfig['targets'][number], string>;
