import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter, ConfigError } from '@tailrace/core';
import { requestToJson } from '@tailrace/telemetry';
import { describe, expect, onTestFinished, test } from 'vitest';
import { context, optionsOf, plainBatch, requestOf } from './log-encoder.fixture.ts';
import { createLogEncoder } from './log-encoder.ts';

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
