import type { OtlpSignal } from '@tailrace/testkit';

/** Requests of one signal in OTLP's JSON, with a record for each number from 0 to `records` - 1. */
export function knownRequests(signal: OtlpSignal, records: number, perRequest = 100): object[] {
  const requests: object[] = [];
  for (let from = 0; from < records; from += perRequest) {
    const numbers = Array.from({ length: Math.min(perRequest, records - from) }, (_, k) => from + k);
    requests.push(requestOf[signal](numbers));
  }
  return requests;
}

const START = 1_767_225_600_000_000_000n; // 2026-01-01
const requestOf = { logs: logsRequest, metrics: metricsRequest, traces: tracesRequest } as const;

type Numbers = readonly number[];

/** Two resources with two scopes each, as an SDK groups what it sends; every third record is of the second kind. */
function grouped<T>(numbers: Numbers, children: (numbers: Numbers) => T): { resource: object; scopes: T[] }[] {
  const odd = (n: number): boolean => n % 3 === 0;
  return [true, false].map((isOdd) => {
    const own = numbers.filter((n) => odd(n) === isOdd);
    return {
      resource: resource(isOdd),
      scopes: [children(own.filter((n) => n % 2 === 0)), children(own.filter((n) => n % 2 === 1))],
    };
  });
}

function resource(isOdd: boolean): object {
  const name = { key: 'service.name', value: { stringValue: isOdd ? 'abrechnung-ä' : 'checkout' } };
  const cores = { key: 'host.cores', value: { intValue: '9007199254740993' } };
  const tags = { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }, {}] } } };
  return { attributes: isOdd ? [name, cores] : [name, tags], droppedAttributesCount: isOdd ? 2 : 0 };
}

const scope = (version: string): object => ({
  name: 'io.example.library',
  version,
  attributes: [{ key: 'short_name', value: { stringValue: 'lib' } }],
  droppedAttributesCount: 1,
});

const SCHEMA = 'https://opentelemetry.io/schemas/1.27.0';
const hex = (n: number, digits: number): string => (n + 1).toString(16).padStart(digits, 'a');
const time = (n: number, more = 0): string => String(START + BigInt(n) * 1_000_003n + BigInt(more));
const numbered = (n: number): object => ({ key: 'n', value: { intValue: String(n) } });

function logsRequest(numbers: Numbers): object {
  const scopeLogs = (own: Numbers): object => ({
    scope: scope('1.0'),
    schemaUrl: SCHEMA,
    logRecords: own.map(logRecord),
  });
  const resources = grouped(numbers, scopeLogs);
  return {
    resourceLogs: resources.map(({ resource, scopes }) => ({ resource, scopeLogs: scopes, schemaUrl: SCHEMA })),
  };
}

const bodies: readonly object[] = [
  { stringValue: 'Grüße, "world"\n\t\u0001 𝄞' },
  { intValue: '-9223372036854775808' },
  { doubleValue: 0.1 },
  { doubleValue: 5 },
  { boolValue: true },
  { bytesValue: 'AAECAwT/' },
  { arrayValue: { values: [{ intValue: '1' }, { arrayValue: { values: [{ stringValue: '' }] } }] } },
  {
    kvlistValue: {
      values: [
        { key: 'a.b', value: { doubleValue: 1e300 } },
        { key: 'deep', value: { kvlistValue: { values: [{ key: '$double', value: { stringValue: 'no number' } }] } } },
      ],
    },
  },
  { doubleValue: 'NaN' },
  { doubleValue: '-Infinity' },
];

function logRecord(n: number): object {
  // A log that has a traceparent and no ids gets them on its way: the sink's mapping.
  const traceparent = { key: 'traceparent', value: { stringValue: `00-${hex(n, 32)}-${hex(n, 16)}-01` } };
  return {
    timeUnixNano: time(n),
    observedTimeUnixNano: time(n, 17),
    severityNumber: 1 + (n % 24),
    severityText: ['INFO', 'Fatal', ''][n % 3],
    body: bodies[n % bodies.length],
    attributes: [
      numbered(n),
      { key: 'ratio', value: { doubleValue: n } },
      { key: 'tracestate', value: { stringValue: 'vendor=a,other=b' } },
      { key: 'baggage', value: { stringValue: 'user=ada;p=1,x=%20' } },
      ...(n % 4 === 0 ? [traceparent] : []),
    ],
    droppedAttributesCount: n % 5,
    ...(n % 4 === 0 && { traceId: hex(n, 32), spanId: hex(n, 16), flags: 0x101 }),
    ...(n % 7 === 0 && { eventName: 'order.placed' }),
  };
}

function metricsRequest(numbers: Numbers): object {
  const scopeMetrics = (own: Numbers): object => ({ scope: scope('2.0'), schemaUrl: SCHEMA, metrics: own.map(metric) });
  const resources = grouped(numbers, scopeMetrics);
  return {
    resourceMetrics: resources.map(({ resource, scopes }) => ({ resource, scopeMetrics: scopes, schemaUrl: SCHEMA })),
  };
}

function metric(n: number): object {
  const kind = kinds[n % kinds.length]!;
  return {
    name: `known.${n % kinds.length}`,
    description: 'A metric',
    unit: 'By/s',
    metadata: [numbered(7)],
    ...kind(n),
  };
}

const point = (n: number): object => ({ attributes: [numbered(n)], startTimeUnixNano: time(0), timeUnixNano: time(n) });
const exemplar = (n: number): object => ({
  filteredAttributes: [{ key: 'user', value: { stringValue: `u${n}` } }],
  timeUnixNano: time(n, 3),
  asDouble: n / 3,
  traceId: hex(n, 32),
  spanId: hex(n, 16),
});
const distribution = (n: number): object => ({
  count: '6',
  sum: n + 0.25,
  min: -1.5,
  max: n,
  exemplars: [exemplar(n)],
});

const kinds: readonly ((n: number) => object)[] = [
  (n) => ({ gauge: { dataPoints: [{ ...point(n), asDouble: n / 7, flags: n % 2 }] } }),
  (n) => ({ gauge: { dataPoints: [{ ...point(n), asInt: '-9007199254740993' }] } }),
  (n) => ({
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ ...point(n), asInt: '9223372036854775807', exemplars: [exemplar(n)] }],
    },
  }),
  (n) => ({ sum: { aggregationTemporality: 1, dataPoints: [{ ...point(n), asDouble: -n }] } }),
  (n) => ({
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        { ...point(n), ...distribution(n), explicitBounds: [0.005, 1, 10], bucketCounts: ['1', '2', '3', '0'] },
      ],
    },
  }),
  (n) => ({
    exponentialHistogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          ...point(n),
          ...distribution(n),
          scale: -3,
          zeroCount: '1',
          zeroThreshold: 1e-9,
          positive: { offset: -2, bucketCounts: ['1', '0', '3'] },
          negative: { offset: 4, bucketCounts: ['1'] },
        },
      ],
    },
  }),
  (n) => ({
    summary: {
      dataPoints: [
        {
          ...point(n),
          count: '4',
          sum: n,
          quantileValues: [
            { quantile: 0.5, value: 1 },
            { quantile: 1, value: n },
          ],
        },
      ],
    },
  }),
];

function tracesRequest(numbers: Numbers): object {
  const scopeSpans = (own: Numbers): object => ({ scope: scope('3.0'), schemaUrl: SCHEMA, spans: own.map(span) });
  const resources = grouped(numbers, scopeSpans);
  return {
    resourceSpans: resources.map(({ resource, scopes }) => ({ resource, scopeSpans: scopes, schemaUrl: SCHEMA })),
  };
}

function span(n: number): object {
  return {
    traceId: hex(n % 100, 32),
    spanId: hex(n, 16),
    parentSpanId: hex(n + 1, 16),
    traceState: 'vendor=a,other=b',
    flags: 0x301,
    name: `GET /orders/{id} ${n % 10}`,
    kind: 1 + (n % 5),
    startTimeUnixNano: time(n),
    endTimeUnixNano: time(n, 1_234_567),
    attributes: [numbered(n), { key: 'baggage', value: { stringValue: 'user=ada' } }],
    droppedAttributesCount: 1,
    events: [{ timeUnixNano: time(n, 5), name: 'retry', attributes: [numbered(n)], droppedAttributesCount: 2 }],
    droppedEventsCount: 3,
    links: [
      {
        traceId: hex(n + 2, 32),
        spanId: hex(n + 2, 16),
        traceState: 'a=b',
        attributes: [numbered(n)],
        droppedAttributesCount: 4,
        flags: 0x100,
      },
    ],
    droppedLinksCount: 5,
    status: { message: n % 2 === 0 ? 'no stock' : '', code: n % 3 },
  };
}
