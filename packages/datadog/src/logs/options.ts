import {
  anyOf,
  boolean,
  bytes,
  duration,
  fieldPath,
  type Infer,
  integer,
  list,
  map,
  object,
  oneOf,
  string,
} from '@tailrace/core';
import { connectionOptions } from '../connection-options.ts';

const fields = (paths: readonly string[], description: string) =>
  list(fieldPath({ description: 'A field path.' }), { default: paths, description });

/** An attribute that Datadog reserves: a fixed text, or where in the event it is looked for. */
const attribute = (description: string, paths: readonly string[], otherwise?: string) =>
  anyOf(
    [
      string({ minLength: 1, description: 'The same text for every event.' }),
      object({
        fields: fields(paths, 'Fields that may hold it; the first one with a text is taken.'),
        otherwise: string({
          minLength: 1,
          description: 'Stands where no field holds a text.',
          ...(otherwise !== undefined && { default: otherwise }),
        }),
      }),
    ],
    { description, default: { fields: paths, ...(otherwise !== undefined && { otherwise }) } },
  );

const resource = (name: string) => `resource.attributes."${name}"`;

/** The options of the `datadog_logs` sink. */
export const datadogLogsOptions = object({
  ...connectionOptions,
  message: attribute(
    'The text of the log. A member of the event that serves for it is renamed to `message`; one inside an object is copied.',
    ['message', 'fields.message', 'body', 'log', 'msg'],
    '-',
  ),
  ddsource: attribute(
    'Which technology the log comes from; names of integrations switch on their parsers.',
    ['ddsource', 'kubernetes.container_name', resource('k8s.container.name')],
    'tailrace',
  ),
  service: attribute('The service, as in traces and metrics.', [
    'service',
    'kubernetes.labels."tags.datadoghq.com/service"',
    'kubernetes.labels."app.kubernetes.io/name"',
    resource('service.name'),
    'kubernetes.container_name',
  ]),
  hostname: attribute('The host, as in metrics.', [
    'hostname',
    'host',
    'kubernetes.host',
    resource('host.name'),
    resource('k8s.node.name'),
  ]),
  status: attribute('The severity, in any of the words that Datadog knows.', [
    'status',
    'level',
    'severity_text',
    'severity',
    'fields.level',
  ]),
  severity_number: fieldPath({
    default: 'severity_number',
    description: 'OTLP’s number of the severity, read where no text says the status.',
  }),
  timestamp: fields(
    ['timestamp'],
    'Fields with the time, as RFC 3339 text or milliseconds since 1970; where none has it, the time of the event is written.',
  ),
  tags: map(
    anyOf(
      [
        string({ minLength: 1, description: 'The same value for every event.' }),
        object({
          field: fieldPath({ required: true, description: 'The field that holds the value.' }),
          otherwise: string({ minLength: 1, description: 'Stands where the field holds no text, number or boolean.' }),
        }),
      ],
      { description: 'Value of the tag.' },
    ),
    {
      default: {},
      description:
        'Tags by their keys. One with the key of a Kubernetes tag replaces it; what stands in the event as `ddtags` is appended.',
      examples: [{ env: 'production', version: { field: 'kubernetes.labels.version' } }],
    },
  ),
  kubernetes: object(
    {
      tags: boolean({
        default: true,
        description:
          'Add the tags `kube_namespace`, `kube_container_name`, `pod_name` and `kube_deployment`, the last one by the pattern of the pod’s name.',
      }),
      namespace: fields(['kubernetes.namespace_name', resource('k8s.namespace.name')], 'Where the namespace stands.'),
      container: fields(['kubernetes.container_name', resource('k8s.container.name')], 'Where the container stands.'),
      pod: fields(['kubernetes.pod_name', resource('k8s.pod.name')], 'Where the pod’s name stands.'),
      deployment: fields(
        ['kubernetes.deployment_name', resource('k8s.deployment.name')],
        'Where the deployment stands, if it does; else the pod’s name tells it.',
      ),
    },
    { description: 'Names of Kubernetes as Datadog’s own tags.' },
  ),
  trace: object(
    {
      trace_id: fields(['trace_id', 'fields.trace_id'], 'Fields with a trace id, 16 to 32 hexadecimal digits.'),
      span_id: fields(['span_id', 'fields.span_id'], 'Fields with a span id, 16 hexadecimal digits.'),
      traceparent: fields(
        ['traceparent', 'fields.traceparent', 'attributes.traceparent'],
        'Fields with a W3C `traceparent`, read where there is no trace id.',
      ),
      form: oneOf(['decimal', 'hex'], {
        default: 'decimal',
        description:
          'How `dd.trace_id` is written: the low 64 bits as a decimal number, or all 128 bits in hexadecimal digits.',
      }),
    },
    { description: 'What joins logs to traces: `dd.trace_id` and `dd.span_id`.' },
  ),
  max_age: duration({
    default: '18h',
    description: 'How old an event may be for Datadog to take it; older ones are counted as `event_too_old`.',
  }),
  on_too_old: oneOf(['send', 'dead_letter', 'drop'], {
    default: 'send',
    description:
      'What becomes of older ones: Datadog says nothing of those that it drops; `dead_letter` keeps them, `drop` spares the bytes.',
  }),
  max_entry_bytes: bytes({
    default: '1MB',
    description:
      'Most bytes of one event; of a longer one the longest text is cut and marked, and it is counted as `entry_shortened`.',
  }),
  max_bytes: bytes({ default: '5MB', description: 'Most bytes of one request, before compression.' }),
  max_events: integer({
    default: 1000,
    minimum: 1,
    maximum: 1000,
    description: 'Most events of one request; Datadog takes 1,000.',
  }),
  max_wait: duration({ default: '1s', description: 'Longest time an event waits for others to be sent with.' }),
});

/** The resolved options of the `datadog_logs` sink. */
export type DatadogLogsConfig = Infer<typeof datadogLogsOptions>;
