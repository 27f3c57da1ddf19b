import {
  boolean,
  bytes,
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
import { connectionOptions } from '../connection-options.ts';
import { MAX_AGE } from './limits.ts';

/** Resource attributes that become tags by default, as Datadog maps them (docs.datadoghq.com/opentelemetry/mapping/semantic_mapping). */
const RESOURCE_TAGS = {
  'service.name': 'service',
  'service.version': 'version',
  'service.instance.id': 'instance',
  'deployment.environment': 'env',
  'deployment.environment.name': 'env',
  'k8s.cluster.name': 'kube_cluster_name',
  'k8s.namespace.name': 'kube_namespace',
  'k8s.pod.name': 'pod_name',
  'k8s.container.name': 'kube_container_name',
  'k8s.deployment.name': 'kube_deployment',
  'k8s.statefulset.name': 'kube_stateful_set',
  'k8s.daemonset.name': 'kube_daemon_set',
  'k8s.node.name': 'kube_node',
};

// One request at a time: the next one needs to know what this one has told.
const { max_in_flight: _, ...connection } = connectionOptions;

const metadata = object(
  {
    app_key: secret({
      description: 'Application key with the right `metrics_metadata_write`; without one nothing is set.',
    }),
    retry_after: duration({
      default: '10m',
      description:
        'How long after a failure it is tried again; a metric is known to Datadog only some time after its first point.',
    }),
  },
  { description: 'Unit and description of each metric, set once; needs the package @datadog/datadog-api-client.' },
);

/** The options of the sink. */
export const datadogMetricsOptions = object({
  ...connection,
  namespace: string({
    minLength: 1,
    pattern: '^[a-zA-Z][a-zA-Z0-9_.]*$',
    description: 'Put before each metric’s name, with a dot.',
    examples: ['mirrord'],
  }),
  hostname: string({ minLength: 1, description: 'Host of the metrics whose resource names none.' }),
  host_attributes: list(string({ minLength: 1, description: 'Name of an attribute.' }), {
    default: ['datadog.host.name', 'host.name'],
    description: 'Attributes of the resource that name the host; the first one that is there counts.',
  }),
  resource_tags: map(string({ minLength: 1, description: 'Name of the tag.' }), {
    default: RESOURCE_TAGS,
    description: 'Attributes of the resource that become tags. The attributes of a point all do.',
  }),
  tags: map(string({ description: 'Value of the tag.' }), {
    default: {},
    description: 'Tags of all metrics.',
    examples: [{ env: 'production' }],
  }),
  counters: oneOf(['count', 'rate'], {
    default: 'count',
    description: 'What counters are: how much came since the last point, or how much per second.',
  }),
  histograms: oneOf(['distributions', 'counters', 'nobuckets'], {
    default: 'distributions',
    description:
      'What histograms are besides `.count` and `.sum`: a distribution under their own name, whose percentiles Datadog tells; `.bucket` counts with the tags `lower_bound` and `upper_bound`; nothing.',
  }),
  quantiles: boolean({
    default: true,
    description: 'Send the quantiles of summaries as gauges `.quantile` with the tag `quantile`.',
  }),
  max_values: integer({
    default: 10_000,
    minimum: 100,
    maximum: 100_000,
    description:
      'Most values of one point of a histogram in a distribution; of more observations each bucket gives its share. `.count` and `.sum` stay exact.',
  }),
  first_value: oneOf(['auto', 'drop', 'keep'], {
    default: 'auto',
    description:
      'The first point of a counter: its value counts if the series began after this process did (auto), never, or always.',
  }),
  max_age: duration({
    default: MAX_AGE,
    description:
      'How old a point may be. Datadog takes an hour, unless historical metrics are switched on for the metric.',
  }),
  delta_ttl: duration({
    default: '24h',
    description: 'How long the last value of a counter is kept that brings no points.',
  }),
  max_series: integer({
    default: 100_000,
    minimum: 1000,
    maximum: 10_000_000,
    description: 'Most counters whose last value is kept; each takes about 500 bytes, a histogram more.',
  }),
  max_bytes: bytes({
    default: '1MiB',
    description: 'Most bytes of data points in one request, as OTLP has them.',
  }),
  max_events: integer({ default: 1000, minimum: 1, maximum: 20_000, description: 'Most data points in one request.' }),
  max_wait: duration({
    default: '2s',
    description: 'How long the first data point of a request waits for others.',
  }),
  metadata,
});

/** The resolved options. */
export type DatadogMetricsConfig = Infer<typeof datadogMetricsOptions>;
