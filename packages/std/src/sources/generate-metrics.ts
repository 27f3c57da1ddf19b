import { anyOf, ConfigError, defineSource, duration, type Infer, integer, object, oneOf, string } from '@tailrace/core';

const config = object({
  system: oneOf(['mirrord'], { default: 'mirrord', description: 'The system whose metrics to generate.' }),
  interval: duration({ default: '15s', description: 'Time from one scrape to the next, at least 1s.' }),
  seed: anyOf([string({ description: 'Any text.' }), integer({ description: 'A number.' })], {
    default: 1,
    description: 'Equal seeds give equal numbers, scrape by scrape.',
  }),
  start: string({
    default: 'now',
    description: 'Time of the first scrape, ISO 8601, or `now`; with `backfill`, up to when scrapes come at once.',
  }),
  backfill: duration({
    description:
      'The scrapes of so much time before `start` come at once, and then each at its time. With `start: now` and after a restart only what is missing since the last one.',
    examples: ['2h'],
  }),
});

/** The options of the `generate_metrics` source, resolved. */
export type GenerateMetricsConfig = Infer<typeof config>;

/** Generates what scrapes of a known system's metrics would give. */
export const generateMetrics = defineSource({
  type: 'generate_metrics',
  output: 'metrics',
  summary: 'Generate the metrics of a known system, as prometheus_scrape would read them of it.',
  description: [
    'The points have the names, kinds, labels and start times that they have when `prometheus_scrape` reads them of an operator whose job is',
    '`mirrord-operator`; `up` and the other numbers about a scrape are there too. The operator moves on every 15 seconds, so a shorter',
    '`interval` shows some states twice.',
    '',
    'With `backfill` the past is there at once. The next run with the same `data_dir` begins where the scrapes ended that have arrived, at most',
    '`backfill` ago, and the counters go on; after a day the operator begins anew, and they with it. A pipeline that runs once ends with the',
    'back-fill, or after one scrape where there is none.',
  ].join('\n'),
  config,
  examples: [
    { title: 'The last two hours, and on', config: { backfill: '2h' } },
    {
      title: 'The same hour in every run, a scrape each minute',
      config: { system: 'mirrord', seed: 'demo', start: '2026-11-02T07:00:00Z', backfill: '1h', interval: '1m' },
    },
  ],
  async create({ config, context }) {
    const { interval, start } = config;
    if (interval < 1000) throw new ConfigError(['interval'], 'must be at least 1s');
    if (start !== 'now' && Number.isNaN(Date.parse(start))) {
      const problem = `must be \`now\` or a time like 2026-11-02T06:00:00Z, is ${JSON.stringify(start)}`;
      throw new ConfigError(['start'], problem);
    }
    // Only pipelines with metrics load what encodes them.
    return (await import('./generate-metrics/source.ts')).createGenerateMetrics(config, context);
  },
  sample: async ({ context, input }) => (await import('./generate-metrics/sample.ts')).sampleBatches(context, input),
});
