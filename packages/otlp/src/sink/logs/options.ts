import {
  anyOf,
  anything,
  boolean,
  fieldPath,
  type Infer,
  integer,
  list,
  map,
  object,
  oneOf,
  string,
} from '@tailrace/core';

const field = fieldPath({ description: 'A member of the event.' });

const paths = (description: string, ...defaults: string[]) => list(field, { default: defaults, description });

/** How the `otlp` sink makes log records of events. */
export const logOptions = object(
  {
    body: anyOf(
      [
        list(field, { description: 'Members, the first one that an event has.' }),
        oneOf(['event'], { description: 'The whole event.' }),
      ],
      {
        default: ['body', 'message', 'fields.message', 'log'],
        description:
          'The member that becomes the body, text or a map: the first of these that an event has. `event`: the body is a map of all that remains of the event, in place of attributes.',
      },
    ),
    severity_text: paths(
      'The name of the severity: the first of these that is text.',
      'severity_text',
      'level',
      'severity',
      'log.level',
      'fields.level',
    ),
    severity_number: paths(
      'The number of the severity, 1 to 24; without one it follows from the name.',
      'severity_number',
    ),
    severities: map(integer({ minimum: 1, maximum: 24, description: 'Number of the severity.' }), {
      default: {},
      description:
        'Numbers for further names, in any case. Known are those of OpenTelemetry, syslog and Log4j; names that are not leave the number out.',
      examples: [{ verbose: 5, audit: 10 }],
    }),
    trace_id: paths(
      'The trace id, 32 hexadecimal digits; text that is none stays an attribute.',
      'trace_id',
      'traceId',
      'trace.id',
      'fields.trace_id',
    ),
    span_id: paths('The span id, 16 hexadecimal digits.', 'span_id', 'spanId', 'span.id', 'fields.span_id'),
    trace_flags: paths(
      'The trace flags, a number. `flags` counts only beside a trace id: elsewhere it says other things.',
      'flags',
      'trace_flags',
    ),
    traceparent: paths(
      'A `traceparent` of W3C Trace Context, for events without a trace id. It stays an attribute, as `tracestate` and `baggage` do.',
      'traceparent',
      'fields.traceparent',
      'attributes.traceparent',
    ),
    event_name: paths('The name of the event, for the record’s `event_name`.', 'event_name'),
    resource_fields: map(field, {
      default: {
        'service.name': 'service.name',
        'k8s.namespace.name': 'kubernetes.namespace_name',
        'k8s.pod.name': 'kubernetes.pod_name',
        'k8s.pod.uid': 'kubernetes.pod_id',
        'k8s.container.name': 'kubernetes.container_name',
        'k8s.node.name': 'kubernetes.host',
        'container.id': 'docker.container_id',
      },
      description:
        'Attributes of the resource by the members that they are taken from; those are no attributes of the record then.',
      examples: [{ 'service.name': 'kubernetes.labels.app', 'k8s.pod.name': 'kubernetes.pod_name' }],
    }),
    resource: map(string({ description: 'Value of the attribute.' }), {
      default: {},
      description: 'Further attributes of the resource, for events that bring none of that name.',
      examples: [{ 'service.name': 'mirrord-operator', 'deployment.environment.name': 'production' }],
    }),
    flatten: boolean({
      default: false,
      description: 'Objects among the attributes become attributes with dotted names, in place of maps.',
    }),
    file: string({
      minLength: 1,
      description:
        'A field file (YAML), relative to the pipeline’s file: an attribute has its declared type then, whatever JSON made of it. `5` under a `double` is a double.',
    }),
    fields: map(anything({ description: 'A field as in a field file.' }), {
      description: 'The fields by their paths, in place of a file.',
    }),
  },
  { description: 'How log records are made of events. Those that came in over OTLP become what they were.' },
);

/** The resolved options of {@link logOptions}. */
export type LogOptions = Infer<typeof logOptions>;
