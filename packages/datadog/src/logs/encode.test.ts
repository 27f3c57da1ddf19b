import { ByteWriter, ConfigError } from '@tailrace/core';
import { batchOf, batchOfTexts } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encoder, framed, type Log, log, MILLISECONDS, POD, TIME, textOf } from './encode.fixture.ts';

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

  test('a message is copied from wherever it stands in its object', () => {
    for (const text of [
      '{"fields":{"message":"x"}}',
      '{"fields":{"message":"x" ,"n":1}}',
      '{"fields":{"n":1,"message":"x"},"m":2}',
    ]) {
      expect(textOf(batchOfTexts([text]))).toBe(
        `[{"ddsource":"tailrace","timestamp":0,"message":"x",${text.slice(1)}]`,
      );
    }
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

describe('neighbours', () => {
  const event = (n: number) => ({
    '@timestamp': TIME,
    level: n % 3 === 0 ? 'INFO' : 'WARN',
    kubernetes: { ...POD, namespace_name: n % 5 === 0 ? 'aaa' : 'bbb', ...(n % 7 === 0 && { host: `node-${n % 2}` }) },
    message: `${n}`,
  });

  test('do not lend each other what differs', () => {
    const events = Array.from({ length: 300 }, (_, n) => event(n));
    expect(JSON.parse(textOf(batchOf(events)))).toEqual(events.map((one) => log(one)));
  });

  test('in another batch have nothing to do with them', () => {
    const { encode } = encoder({});
    const sent = [1, 5, 6, 7].map((n) => {
      const out = new ByteWriter(10_000, 10);
      const batch = batchOf([event(n)]);
      encode(batch, 0, 1, out);
      return (JSON.parse(framed(batch, out)) as Log[])[0];
    });
    expect(sent).toEqual([1, 5, 6, 7].map((n) => log(event(n))));
  });
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
