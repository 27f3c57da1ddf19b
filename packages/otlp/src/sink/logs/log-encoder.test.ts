import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter, ConfigError, type EncodedBatch, LogBatch, resolveConfig } from '@tailrace/core';
import { joinPlaced, logEvents, requestFromJson, requestToJson } from '@tailrace/telemetry';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { placesOf } from '../entries.ts';
import { createLogEncoder } from './log-encoder.ts';
import { type LogOptions, logOptions } from './options.ts';

const context = { resolvePath: (file: string) => file };
const READ = { seconds: 1_800_000_000, nanos: 5 };

const optionsOf = (options: object): LogOptions => resolveConfig(logOptions, options);

/** A batch of events; their times are their own `@timestamp` or the time of reading. */
function batchOf(events: ReturnType<typeof logEvents>): LogBatch {
  const { length } = events;
  const stream = { id: 'A'.repeat(16), source: 'test', label: 'test', firstSeen: 0, replayBelow: 0 };
  return LogBatch.fromSource(events, {
    streams: [stream],
    stream: new Uint16Array(length),
    offset: new Float64Array(length),
    endOffset: new Float64Array(length),
    sub: new Uint32Array(length),
    seconds: events.seconds,
    nanos: events.nanos,
    flags: events.ownTime,
  });
}

/** Events of other programs, all of one time of their own. */
function plainBatch(texts: readonly object[]): LogBatch {
  const pieces = texts.map((text) => Buffer.from(JSON.stringify(text)));
  const end = Uint32Array.from(pieces);
  let at = 0;
  for (const [i, piece] of pieces.entries()) end[i] = at += piece.length;
  const start = end.map((_, i) => (i === 0 ? 0 : end[i - 1]!));
  const ones = (value: number) => Float64Array.from(pieces, () => value);
  return batchOf({
    text: new Uint8Array(Buffer.concat(pieces)),
    start,
    end,
    length: pieces.length,
    seconds: ones(1_700_000_000),
    nanos: Uint32Array.from(ones(1)),
    ownTime: Uint8Array.from(ones(1)),
  });
}

/** The request that the events become. */
function requestOf(batch: LogBatch, options: object): Uint8Array {
  const encode = createLogEncoder(optionsOf(options), context);
  const writer = new ByteWriter(1 << 20, 100);
  expect(encode(batch, 0, batch.length, writer)).toBe(batch.length);
  const body: EncodedBatch = {
    signal: 'logs',
    bytes: writer.bytes.subarray(0, writer.used),
    entries: writer.entries,
    end: (entry) => writer.marks[entry]!,
    position: (entry) => batch.position(entry),
    tried: () => false,
  };
  return joinPlaced('logs', body.bytes, placesOf(body));
}

interface Record_ {
  attributes?: { key: string; value: unknown }[];
  [field: string]: unknown;
}
interface Resource {
  resource?: { attributes: unknown[] };
  scopeLogs: { logRecords: Record_[] }[];
}

/** The request of the events as OTLP/JSON, `observedTimeUnixNano` left out: it is now. */
function resourcesOf(events: readonly object[], options: object = {}): Resource[] {
  const json = Buffer.from(requestToJson('logs', requestOf(plainBatch(events), options))).toString();
  const { resourceLogs } = JSON.parse(json) as { resourceLogs: Resource[] };
  for (const { scopeLogs } of resourceLogs) {
    for (const scope of scopeLogs) scope.logRecords = scope.logRecords.map(withoutObserved);
  }
  return resourceLogs;
}

function withoutObserved({ observedTimeUnixNano: _now, ...record }: Record_): Record_ {
  return record;
}

const recordOf = (event: object, options: object = {}): Record_ =>
  resourcesOf([event], options)[0]!.scopeLogs[0]!.logRecords[0]!;

const TIME = { timeUnixNano: '1700000000000000001' };
const string = (key: string, value: string) => ({ key, value: { stringValue: value } });

test('an event of the mirrord operator, from a container', () => {
  const event = {
    '@timestamp': '2023-11-14T22:13:20.000000001Z',
    stream: 'stderr',
    kubernetes: {
      namespace_name: 'mirrord',
      pod_name: 'op-1',
      container_name: 'op',
      pod_id: 'u',
      labels: { app: 'm' },
    },
    docker: { container_id: 'abc' },
    level: 'WARN',
    fields: { message: 'Port Steal', port: 80, client_id: 'c' },
    target: 'operator::control',
  };
  expect(resourcesOf([event])).toEqual([
    {
      resource: {
        attributes: [
          string('k8s.namespace.name', 'mirrord'),
          string('k8s.pod.name', 'op-1'),
          string('k8s.pod.uid', 'u'),
          string('k8s.container.name', 'op'),
          string('container.id', 'abc'),
        ],
      },
      scopeLogs: [
        {
          logRecords: [
            {
              ...TIME,
              severityNumber: 13,
              severityText: 'WARN',
              body: { stringValue: 'Port Steal' },
              attributes: [
                string('stream', 'stderr'),
                {
                  key: 'kubernetes',
                  value: {
                    kvlistValue: {
                      values: [{ key: 'labels', value: { kvlistValue: { values: [string('app', 'm')] } } }],
                    },
                  },
                },
                {
                  key: 'fields',
                  value: {
                    kvlistValue: { values: [{ key: 'port', value: { intValue: '80' } }, string('client_id', 'c')] },
                  },
                },
                string('target', 'operator::control'),
              ],
            },
          ],
        },
      ],
    },
  ]);
});

test('resources are named once, whatever order their events come in', () => {
  const of = (pod: string, message: string) => ({ kubernetes: { pod_name: pod }, message });
  const resources = resourcesOf([of('a', '1'), of('b', '2'), of('a', '3'), of('b', '4')]);
  const bodies = resources.map(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body)),
  );
  expect(bodies).toEqual([
    [{ stringValue: '1' }, { stringValue: '3' }],
    [{ stringValue: '2' }, { stringValue: '4' }],
  ]);
});

describe('options', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const SPAN = '00f067aa0ba902b7';
  test.each<[string, object, object, object]>([
    [
      'the body from a path',
      { body: ['text'] },
      { text: 'a', message: 'b' },
      { body: { stringValue: 'a' }, attributes: [string('message', 'b')] },
    ],
    [
      'a body that is a map',
      {},
      { message: { a: 1 } },
      { body: { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } } },
    ],
    [
      'the whole event as the body',
      { body: 'event' },
      { level: 'info', message: 'b' },
      { severityNumber: 9, severityText: 'info', body: { kvlistValue: { values: [string('message', 'b')] } } },
    ],
    [
      'another severity',
      { severities: { Audit: 10 } },
      { level: 'AUDIT' },
      { severityNumber: 10, severityText: 'AUDIT' },
    ],
    ['an unknown severity', {}, { level: 'loud' }, { severityText: 'loud' }],
    ['a number of its own', {}, { level: 'info', severity_number: 11 }, { severityNumber: 11, severityText: 'info' }],
    [
      'ids',
      { trace_id: ['t'], span_id: ['s'], trace_flags: ['f'] },
      { t: TRACE, s: SPAN, f: 1 },
      { traceId: TRACE, spanId: SPAN, flags: 1 },
    ],
    [
      'a traceparent',
      {},
      { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=b', baggage: 'k=v' },
      {
        ...{ traceId: TRACE, spanId: SPAN, flags: 1 },
        attributes: [
          string('traceparent', `00-${TRACE}-${SPAN}-01`),
          string('tracestate', 'a=b'),
          string('baggage', 'k=v'),
        ],
      },
    ],
    [
      'dotted keys',
      { flatten: true },
      { a: { b: { c: 1 } } },
      { attributes: [{ key: 'a.b.c', value: { intValue: '1' } }] },
    ],
    [
      'declared types',
      {
        fields: {
          d: { type: 'double' },
          l: { type: 'long' },
          k: { type: 'keyword' },
          b: { type: 'boolean' },
          'o.d': { type: 'double' },
        },
      },
      { d: 5, l: '5', k: 5, b: 'true', o: { d: 1 } },
      {
        attributes: [
          { key: 'd', value: { doubleValue: 5 } },
          { key: 'l', value: { intValue: '5' } },
          string('k', '5'),
          { key: 'b', value: { boolValue: true } },
          { key: 'o', value: { kvlistValue: { values: [{ key: 'd', value: { doubleValue: 1 } }] } } },
        ],
      },
    ],
  ])('%s', (_name, options, event, record) => {
    expect(recordOf(event, options)).toEqual({ ...TIME, ...record });
  });

  test('attributes of the resource, set and from the event', () => {
    const options = { resource: { 'service.name': 'set', env: 'prod' }, resource_fields: { 'service.name': 'app' } };
    expect(resourcesOf([{ app: 'own' }, { x: 1 }], options).map(({ resource }) => resource?.attributes)).toEqual([
      [string('service.name', 'own'), string('env', 'prod')],
      [string('service.name', 'set'), string('env', 'prod')],
    ]);
  });

  test('a field file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otlp-logs-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'fields.yaml');
    writeFileSync(file, 'version: 1\nfields: { n: { type: double } }\n');
    expect(recordOf({ n: 5 }, { file }).attributes).toEqual([{ key: 'n', value: { doubleValue: 5 } }]);
  });

  test.each<[object, string, string]>([
    [{ body: ['items[0]'] }, 'logs.body.0', 'names an item of an array: write "items[0]" without "[…]"'],
    [{ file: '/none.yaml' }, 'logs.file', 'cannot read /none.yaml: ENOENT: no such file or directory'],
    [{ file: 'a', fields: {} }, 'logs.fields', 'cannot stand beside `file`: both declare the types of fields'],
    [{ fields: { a: { type: 'int' } } }, 'logs.fields', 'a > type must be one of keyword'],
    [
      { resource: { 'a"b': 'x' } },
      'logs.resource.a"b',
      'must be a name without quotes, backslashes and control characters',
    ],
    [
      { severities: { ['x'.repeat(32)]: 1 } },
      `logs.severities.${'x'.repeat(32)}`,
      'must be a name of at most 31 bytes without quotes',
    ],
  ])('%j is refused', (options, at, message) => {
    let problem: unknown;
    try {
      createLogEncoder(optionsOf(options), context);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(ConfigError);
    const { at: way, message: text } = problem as ConfigError;
    expect([way.join('.'), text.slice(0, message.length)]).toEqual([at, message]);
  });
});

// ---- what came as OTLP becomes what it was ----------------------------------------------------------------------------

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('"\\\n\u0000', '😀'),
);
const int64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
);
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<number | string>(0, -0, 5, 'NaN', 'Infinity', '-Infinity', 5e-324, 1.7976931348623157e308, 1e21, 0.1),
);
type Value = Record<string, unknown>;
const { value, members } = fc.letrec<{ value: Value; members: { key: string; value: Value }[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.constant({}),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64.map(String) }),
    fc.record({ doubleValue: double }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: tie('members') }) }),
  ),
  members: fc.uniqueArray(
    fc.record({
      key: fc.oneof(text, fc.constantFrom('$double', '$bytes', '$$double', 'message', 'level')),
      value: tie('value'),
    }),
    { maxLength: 4, selector: ({ key }) => key },
  ),
}));
const some = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const full = fc.string({ minLength: 1, maxLength: 8 });
const count = fc.integer({ min: 1, max: 0xffff_ffff });
const time = fc.bigInt(1n, 2n ** 64n - 1n).map(String);
const record = fc
  .tuple(
    fc.oneof(
      fc.record({ timeUnixNano: time }),
      fc.record({ observedTimeUnixNano: time }),
      fc.record({ timeUnixNano: time, observedTimeUnixNano: time }),
    ),
    some({
      severityNumber: fc.integer({ min: 1, max: 24 }),
      severityText: full,
      body: value,
      droppedAttributesCount: count,
    }),
    some({
      flags: count,
      traceId: hex(16),
      spanId: hex(8),
      eventName: full,
      attributes: members.filter(({ length }) => length > 0),
    }),
  )
  .map((parts): Value => Object.assign({}, ...parts));
const origin = { attributes: members.filter(({ length }) => length > 0), droppedAttributesCount: count };
const resourceLogs = fc
  .tuple(
    some({ resource: fc.record(origin), schemaUrl: full }),
    some({ scope: fc.record({ ...origin, name: full, version: full }), schemaUrl: full }),
    fc.array(record, { minLength: 1, maxLength: 4 }),
  )
  .map(([resource, scope, logRecords]): Value & { scopeLogs: object[] } => ({
    ...resource,
    scopeLogs: [{ ...scope, logRecords }],
  }));

test('what came as OTLP goes out as it was', () => {
  // Equal resources would be joined.
  const unequal = fc.uniqueArray(resourceLogs, {
    minLength: 1,
    maxLength: 3,
    selector: ({ scopeLogs: _records, ...own }) => JSON.stringify(own),
  });
  const property = fc.property(unequal, (resources) => {
    const request = requestFromJson('logs', Buffer.from(JSON.stringify({ resourceLogs: resources })));
    const joined = requestOf(batchOf(logEvents(request, READ)), {});
    const read = (bytes: Uint8Array) => JSON.parse(Buffer.from(requestToJson('logs', bytes)).toString()) as object;
    expect(read(joined)).toEqual(read(request));
    expect(joined.length).toBe(request.length);
  });
  fc.assert(property, { numRuns: 150 });
});

test('a record without any time has been observed when it was read', () => {
  const request = requestFromJson(
    'logs',
    Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'),
  );
  const json = Buffer.from(requestToJson('logs', requestOf(batchOf(logEvents(request, READ)), {}))).toString();
  expect(JSON.parse(json)).toMatchObject({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ observedTimeUnixNano: '1800000000000000005', body: { stringValue: 'a' } }] }] },
    ],
  });
});

test('a body takes what fits, and the next one the rest', () => {
  const batch = plainBatch(Array.from({ length: 30 }, (_, i) => ({ message: 'x'.repeat(100), i })));
  const encode = createLogEncoder(optionsOf({}), context);
  const seen: number[] = [];
  for (let from = 0; from < batch.length; ) {
    const writer = new ByteWriter(1000, 5);
    const next = encode(batch, from, batch.length, writer);
    expect(next - from).toBe(writer.entries);
    seen.push(next - from);
    from = next;
  }
  expect(seen).toEqual([5, 5, 5, 5, 5, 5]);
  const small = new ByteWriter(100, 5);
  expect([encode(batch, 0, 1, small), small.used, small.entries]).toEqual([0, 0, 0]);
});

test('what is deeper than decoders of protobuf go is the text of its JSON', () => {
  const nest = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"b":', '}]'],
  ] as const) {
    for (const depth of [10, 19, 20, 25, 30, 31, 32, 33, 46, 47, 48, 49, 400]) {
      const request = requestOf(plainBatch([{ deep: JSON.parse(nest(open, close, depth)) as unknown }]), {});
      const { text, start, end } = logEvents(request, READ);
      const { attributes } = JSON.parse(Buffer.from(text.subarray(start[0], end[0])).toString()) as {
        attributes: { deep: unknown };
      };
      const whole = JSON.stringify(attributes.deep).replaceAll('\\"', '"').replaceAll('"[', '[').replaceAll(']"', ']');
      expect(whole.replaceAll('"{', '{').replaceAll('}"', '}')).toBe(nest(open, close, depth));
    }
  }
});
