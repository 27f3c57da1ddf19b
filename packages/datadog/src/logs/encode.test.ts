import { ByteWriter, ConfigError, type EncodedBatch, type LogBatch, resolveConfig } from '@tailrace/core';
import { kernel } from '@tailrace/kernel';
import { batchOf, batchOfTexts } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEncoder } from './encode.ts';
import { arrayOf, arrayPool } from './frame.ts';
import { datadogLogsOptions } from './options.ts';

type Log = Record<string, unknown>;

const POD = {
  namespace_name: 'mirrord',
  pod_name: 'mirrord-operator-7d9c5b7f4-x2k8q',
  container_name: 'mirrord-operator',
};
const TIME = '2024-05-31T08:00:00.123456789Z';
const MILLISECONDS = 1717142400123;

function encoder(options: object) {
  const counts = { shortened: 0, tooOld: 0 };
  const config = resolveConfig(datadogLogsOptions, { api_key: 'key', ...options }) as Parameters<
    typeof createEncoder
  >[1];
  const encode = createEncoder(kernel(), config, (more) => {
    counts.shortened += more.shortened;
    counts.tooOld += more.tooOld;
  });
  return { encode, counts };
}

/** The JSON array that a body becomes, as text. */
function framed(batch: LogBatch, out: ByteWriter): string {
  const body: EncodedBatch = {
    signal: 'logs',
    bytes: out.bytes.subarray(0, out.used),
    entries: out.entries,
    end: (entry) => out.marks[entry]!,
    position: (entry) => batch.position(entry),
    tried: () => false,
  };
  return arrayOf(body, arrayPool(0)).toString();
}

/** The JSON array that a batch becomes, as text. */
function textOf(batch: LogBatch, options: object = {}): string {
  const { encode } = encoder(options);
  const out = new ByteWriter(10_000_000, 1000);
  expect(encode(batch, 0, batch.length, out)).toBe(batch.length);
  return framed(batch, out);
}

function logs(events: readonly object[], options: object = {}): Log[] {
  return JSON.parse(textOf(batchOf(events), options)) as Log[];
}

const log = (event: object, options: object = {}): Log => logs([event], options)[0]!;

describe('with its defaults', () => {
  test('a log of the mirrord operator has what its published dashboard asks for', () => {
    const event = {
      '@timestamp': TIME,
      timestamp: '2024-05-31T08:00:00.123Z',
      level: 'INFO',
      fields: { message: 'Port Steal', port: 80, client_id: 'abc' },
      target: 'operator::steal',
      kubernetes: POD,
    };
    expect(log(event)).toEqual({
      ...event,
      ddsource: 'mirrord-operator',
      service: 'mirrord-operator',
      status: 'INFO',
      ddtags:
        'kube_namespace:mirrord,kube_container_name:mirrord-operator,pod_name:mirrord-operator-7d9c5b7f4-x2k8q,kube_deployment:mirrord-operator',
      message: 'Port Steal',
    });
  });

  test('a plain line of a container becomes the message', () => {
    expect(log({ '@timestamp': TIME, log: 'ready\n', stream: 'stdout' })).toEqual({
      '@timestamp': TIME,
      timestamp: MILLISECONDS,
      ddsource: 'tailrace',
      message: 'ready\n',
      stream: 'stdout',
    });
  });

  test('an event without anything has what the API wants', () => {
    expect(textOf(batchOfTexts(['{}', ' { } ']))).toBe(
      '[{"ddsource":"tailrace","timestamp":0,"message":"-"},{"ddsource":"tailrace","timestamp":0,"message":"-"}]',
    );
  });

  test('a log record of OTLP has its body, severity, resource and ids', () => {
    const event = {
      '@timestamp': TIME,
      severity_number: 17,
      body: 'failed',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      resource: {
        attributes: {
          'service.name': 'shop',
          'host.name': 'node-1',
          'k8s.namespace.name': 'web',
          'k8s.pod.name': 'shop-0',
        },
      },
    };
    const { body, ...rest } = event;
    expect(log(event)).toEqual({
      ...rest,
      timestamp: MILLISECONDS,
      message: body,
      ddsource: 'tailrace',
      service: 'shop',
      hostname: 'node-1',
      status: 'error',
      ddtags: 'kube_namespace:web,pod_name:shop-0',
      'dd.trace_id': '9532127138774266268',
      'dd.span_id': '13235353014750950193',
    });
  });

  test('members keep their bytes', () => {
    const text =
      '{"@timestamp":"2024-05-31T08:00:00Z","message":"a","n":12345678901234567890,"x":1.50,"e":"\\u00e9" , "y":{ } }';
    expect(textOf(batchOfTexts([text]))).toBe(`[{"ddsource":"tailrace","timestamp":1717142400000,${text.slice(1)}]`);
  });
});

describe('an event’s own member of a reserved name', () => {
  test.each([
    ['message', 'own'],
    ['ddsource', 'nginx'],
    ['service', 'shop'],
    ['hostname', 'node-1'],
    ['status', 'warn'],
    ['status', 3],
    ['timestamp', '2024-05-31T08:00:00+02:00'],
    ['timestamp', 1717142400999],
  ])('stays when %s is %j', (name, value) => {
    const event = { '@timestamp': TIME, [name]: value, level: 'INFO', kubernetes: POD, log: 'text' };
    expect(log(event)[name]).toBe(value);
    expect(log(event)).not.toHaveProperty(`event_${name}`);
  });

  test.each([
    ['message', { a: 1 }, 'text'],
    ['ddsource', 5, 'mirrord-operator'],
    ['service', null, 'mirrord-operator'],
    ['hostname', ['a'], 'node-1'],
    ['status', 200, 'INFO'],
    ['status', '', 'INFO'],
    ['timestamp', 'yesterday', MILLISECONDS],
    ['timestamp', 1717142400, MILLISECONDS],
  ])('is renamed when %s is %j', (name, value, found) => {
    const event = {
      '@timestamp': TIME,
      [name]: value,
      level: 'INFO',
      kubernetes: { ...POD, host: 'node-1' },
      log: 'text',
    };
    const sent = log(event);
    expect(sent[name]).toBe(found);
    expect(sent[`event_${name}`]).toEqual(value);
  });

  test('is renamed to a name that is free', () => {
    const event = { status: 200, event_status: 1, event_status_: 2, level: 'INFO' };
    expect(log(event)).toMatchObject({ status: 'INFO', event_status__: 200, event_status: 1, event_status_: 2 });
  });

  test('stays when nothing takes its place and it is what the API takes', () => {
    expect(log({ status: 200, service: '' })).toMatchObject({ status: 200, service: '' });
    const misfits = { service: 5, hostname: {}, ddtags: ['x'] };
    expect(log(misfits)).toMatchObject({ event_service: 5, event_hostname: {}, event_ddtags: ['x'] });
  });

  test('gives way to a text that the configuration fixes', () => {
    expect(log({ service: 'own' }, { service: 'fixed' })).toMatchObject({ service: 'fixed', event_service: 'own' });
  });

  test('is found by a key with escapes, too', () => {
    const [sent] = JSON.parse(textOf(batchOfTexts(['{"stat\\u0075s":200,"level":"INFO"}']))) as Log[];
    expect(sent).toEqual({
      timestamp: 0,
      ddsource: 'tailrace',
      status: 'INFO',
      message: '-',
      event_status: 200,
      level: 'INFO',
    });
  });
});

describe('tags', () => {
  const tags = (event: object, options: object = {}) => log(event, options)['ddtags'];

  test('come from texts and fields, then from Kubernetes', () => {
    const options = {
      tags: {
        env: 'Prod',
        version: { field: 'v' },
        zone: { field: 'none', otherwise: 'unknown' },
        gone: { field: 'none' },
      },
    };
    expect(tags({ v: 2.5, kubernetes: { namespace_name: 'web' } }, options)).toBe(
      'kube_namespace:web,env:prod,version:2.5,zone:unknown',
    );
  });

  test('of the event itself are appended, each one once', () => {
    expect(tags({ ddtags: 'team:x, Env:prod,,b', n: 1 }, { tags: { env: 'prod' } })).toBe('env:prod,team:x,b');
    expect(log({ ddtags: ['x'] }, { tags: { env: 'prod' } })).toMatchObject({
      ddtags: 'env:prod',
      event_ddtags: ['x'],
    });
    expect(log({ ddtags: 'y,x' })).toMatchObject({ ddtags: 'y,x' });
  });

  test('with a key of Kubernetes replace it', () => {
    const options = { tags: { kube_deployment: 'operator' }, kubernetes: { container: ['c'] } };
    expect(tags({ kubernetes: POD, c: 'c1' }, options)).toBe(
      'kube_namespace:mirrord,kube_container_name:c1,pod_name:mirrord-operator-7d9c5b7f4-x2k8q,kube_deployment:operator',
    );
  });

  test('of Kubernetes can be left out', () => {
    expect(tags({ kubernetes: POD }, { kubernetes: { tags: false } })).toBeUndefined();
  });

  test('take the deployment that stands in the event', () => {
    const event = { resource: { attributes: { 'k8s.deployment.name': 'api', 'k8s.pod.name': 'x-7d9c5b7f4-x2k8q' } } };
    expect(tags(event)).toBe('pod_name:x-7d9c5b7f4-x2k8q,kube_deployment:api');
  });
});

describe('ids of a trace', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c';
  const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
  const ids = (event: object, options: object = {}) => {
    const sent = log(event, options);
    return [sent['dd.trace_id'], sent['dd.span_id']];
  };

  test('come from a traceparent, which stays', () => {
    expect(ids({ traceparent: PARENT })).toEqual(['9532127138774266268', '13235353014750950193']);
    expect(ids({ fields: { traceparent: PARENT } })).toEqual(['9532127138774266268', '13235353014750950193']);
    expect(log({ traceparent: PARENT })['traceparent']).toBe(PARENT);
  });

  test('can be hexadecimal', () => {
    expect(ids({ trace_id: TRACE.toUpperCase() }, { trace: { form: 'hex' } })).toEqual([TRACE, undefined]);
    expect(ids({ trace_id: '8448eb211c80319c' }, { trace: { form: 'hex' } })).toEqual([
      `${'0'.repeat(16)}8448eb211c80319c`,
      undefined,
    ]);
  });

  test.each([
    { trace_id: '0'.repeat(32) },
    { trace_id: 'xyz' },
    { trace_id: 5 },
    { traceparent: `ff-${TRACE}-b7ad6b7169203331-01` },
    { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` },
    { traceparent: '' },
  ])('are left out for %j', (event) => expect(ids(event)).toEqual([undefined, undefined]));

  test('that stand in the event as Datadog’s own are left alone', () => {
    expect(ids({ 'dd.trace_id': '1', traceparent: PARENT })).toEqual(['1', undefined]);
    expect(log({ dd: { trace_id: '1' }, traceparent: PARENT })).not.toHaveProperty(['dd.trace_id']);
  });
});

describe('an event that is too long', () => {
  const long = (length: number) => ({ '@timestamp': TIME, message: 'é'.repeat(length / 2), n: 1 });
  const sized = (event: object, max: number) => {
    const { encode, counts } = encoder({ max_entry_bytes: max });
    const out = new ByteWriter(10_000_000, 10);
    const batch = batchOf([event]);
    encode(batch, 0, 1, out);
    const json = Buffer.from(out.bytes.subarray(1, out.used)).toString();
    return { bytes: Buffer.byteLength(json), sent: JSON.parse(json) as Log, ...counts };
  };

  test.each([-1, 0, 1])('is cut above the limit: %i', (more) => {
    const whole = sized(long(60_000), 1_000_000).bytes;
    const { bytes, sent, shortened } = sized(long(60_000), whole - more);
    expect(shortened).toBe(more > 0 ? 1 : 0);
    expect(bytes).toBeLessThanOrEqual(whole - more);
    expect(bytes).toBeGreaterThan(whole - more - 3);
    expect(sent).toMatchObject({ timestamp: MILLISECONDS, n: 1 });
    if (more > 0) expect(sent['message']).toMatch(/^é+\.\.\.TRUNCATED\.\.\.$/);
    else expect(sent['message']).toBe(long(60_000).message);
  });

  test('without a long text becomes a text itself', () => {
    const numbers = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`member_${n}`, n]));
    const { bytes, sent, shortened } = sized({ '@timestamp': TIME, ...numbers }, 50_000);
    expect(shortened).toBe(1);
    expect(bytes).toBeLessThanOrEqual(50_000);
    expect(bytes).toBeGreaterThan(49_900);
    expect(sent).toEqual({
      timestamp: MILLISECONDS,
      ddsource: 'tailrace',
      message: expect.stringMatching(/^\{"@timestamp".*"member_9":9,.*\.\.\.TRUNCATED\.\.\.$/) as string,
    });
  });

  test('for the kernel becomes a text, too', () => {
    const { bytes, sent } = sized({ '@timestamp': TIME, service: 'own', message: 'x'.repeat(5_000_000) }, 1_000_000);
    expect(bytes).toBeLessThanOrEqual(1_000_000);
    expect(sent['message']).toMatch(/^\{"@timestamp".*x{1000}\.\.\.TRUNCATED\.\.\.$/);
  });
});

describe('a body', () => {
  test('ends where the next event would not fit, and the rest goes into the next one', () => {
    const { encode } = encoder({});
    const batch = batchOf(Array.from({ length: 10 }, (_, n) => ({ n, message: 'x'.repeat(100) })));
    const seen: number[] = [];
    for (let at = 0; at < batch.length; ) {
      const out = new ByteWriter(600, 1000);
      const next = encode(batch, at, batch.length, out);
      expect(out.entries).toBe(next - at);
      seen.push(...(JSON.parse(framed(batch, out)) as { n: number }[]).map(({ n }) => n));
      at = next;
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => n));
  });

  test('takes as many events as it has places', () => {
    const { encode } = encoder({});
    const batch = batchOf(Array.from({ length: 1001 }, (_, n) => ({ n })));
    const out = new ByteWriter(1_000_000, 1000);
    expect(encode(batch, 0, 1001, out)).toBe(1000);
  });
});

test('events older than Datadog takes are counted once each', () => {
  const { encode, counts } = encoder({ max_age: '1h' });
  const at = (ms: number) => ({ '@timestamp': new Date(Date.now() - ms).toISOString() });
  const batch = batchOf([at(3_590_000), at(3_610_000), at(7_200_000)]);
  const out = new ByteWriter(1_000_000, 1000);
  encode(batch, 0, 3, out);
  expect(counts).toEqual({ shortened: 0, tooOld: 2 });
});

test('no key comes twice, and what was not renamed is as it was', () => {
  const names = ['message', 'log', 'ddsource', 'ddtags', 'hostname', 'host', 'service', 'status', 'level', 'timestamp'];
  const key = fc.constantFrom(
    ...names,
    'event_status',
    'event_message',
    'traceparent',
    'trace_id',
    'dd.trace_id',
    'x',
    '',
  );
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constantFrom(null, true, {}, [], { message: 'x' }, '0af7651916cd43dd8448eb211c80319c'),
  );
  fc.assert(
    fc.property(fc.array(fc.dictionary(key, value), { minLength: 1, maxLength: 5 }), (events) => {
      const texts = JSON.parse(textOf(batchOf(events), { tags: { env: 'x' } })) as Log[];
      const printed = textOf(batchOf(events), { tags: { env: 'x' } });
      expect(printed).toBe(JSON.stringify(texts));
      for (const [i, event] of events.entries()) {
        const values = Object.values(texts[i]!).map((item) => JSON.stringify(item));
        for (const [name, item] of Object.entries(event)) {
          if (name !== 'ddtags' || typeof item !== 'string') expect(values).toContain(JSON.stringify(item));
        }
        expect(typeof texts[i]!['message']).toBe('string');
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  [{ service: { fields: ['a..b'] } }, ['service', 'fields', 0]],
  [{ tags: { x: { field: '.' } } }, ['tags', 'x', 'field']],
  [{ trace: { trace_id: ['['] } }, ['trace', 'trace_id', 0]],
])('%j is refused', (options, at) => {
  const create = () => encoder(options);
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(expect.objectContaining({ at }));
});
