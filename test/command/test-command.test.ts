import { describe, expect, test } from 'vitest';
import { runTailrace } from '../support/tailrace.ts';

const PIPELINE = `
data_dir: data
sources:
  app: { type: file, include: [logs/*.log] }
transforms:
  record: { type: unpack, inputs: app, on_error: dead_letter }
  unread: { type: unpack, inputs: app, field: other }
sinks:
  search: { type: stdout, inputs: record, format: json }
  other: { type: stdout, inputs: unread, format: json }
`;

/** The same into Elasticsearch; its client takes a while to load. */
const TO_ELASTICSEARCH = PIPELINE.replace(
  'search: { type: stdout, inputs: record, format: json }',
  "search: { type: elasticsearch, inputs: record, nodes: ['http://127.0.0.1:1'], template: { enabled: false } }",
);

/** Runs tests, given as objects. */
function runTests(
  tests: readonly object[],
  env: Record<string, string> = {},
  pipeline = PIPELINE,
): ReturnType<typeof runTailrace> {
  return runTailrace(['test', 'p.yaml'], {
    files: { 'p.yaml': pipeline, 'p.test.yaml': JSON.stringify({ tests }) },
    env,
  });
}

const cri = (text: string, stream = 'stdout', flag = 'F'): string =>
  `2026-11-20T10:00:00.123456789Z ${stream} ${flag} ${text}\n`;
const EVENT = { '@timestamp': '2026-11-20T10:00:00.123456789Z', stream: 'stdout', level: 'INFO' };

describe('a whole pipeline', () => {
  const base = { name: 'it', sink: 'search' };

  test('joins lines as its source does; what waits for more is complete when the input ends', async () => {
    const joining = PIPELINE.replace('include: [logs/*.log]', "include: [logs/*.log], multiline: { start: '^\\S' }");
    const raw = cri('one') + cri('other', 'stderr') + cri('  more') + cri('two') + cri('  rest');
    const events = ['one\n  more', 'other', 'two\n  rest'].map((log) => ({ log }));
    const input = { raw };
    const whole = { ...base, input, component: 'unread', expect: { match: 'contains', events } };
    const open = {
      ...whole,
      input: { ...input, read_to_end: false },
      expect: { match: 'contains', events: [events[0]] },
    };
    const { stdout } = await runTests([whole, open], {}, joining);
    expect(stdout).toContain('2 passed, 0 failed');
  });

  test('goes from raw bytes to events, requests and dead letters', async () => {
    const names = { kubernetes: { pod_name: 'web-1', namespace_name: 'shop', container_name: 'web' } };
    const path = `/var/log/containers/web-1_shop_web-${'a'.repeat(64)}.log`;
    const input = { path, raw: cri('{"level":"INFO"}') + cri('not JSON', 'stderr') };
    const event = { ...EVENT, ...names, docker: { container_id: 'a'.repeat(64) } };
    const expected = {
      events: [event],
      requests: [[{ create: { _index: 'logstash-2026.11.20', _id: 'TailraceTest0000-000000000000' } }, event]],
      dead_letters: [{ component: 'record', code: 'not_json' }],
      discarded: [],
    };
    const end = await runTests([{ ...base, input, expect: expected }], {}, TO_ELASTICSEARCH);
    expect(end).toMatchObject({ code: 0, stdout: 'ok   it\n1 passed, 0 failed\n', stderr: '' });
  });

  test('takes bytes that are no text', async () => {
    const raw = Buffer.concat([
      Buffer.from('2026-11-20T10:00:00Z stdout F {"a":"'),
      Buffer.of(0xff),
      Buffer.from('"}\n'),
    ]);
    const input = { raw_base64: raw.toString('base64') };
    const events = [{ '@timestamp': '2026-11-20T10:00:00Z', stream: 'stdout', a: '\ufffd' }];
    expect(await runTests([{ ...base, input, expect: { events } }])).toMatchObject({ code: 0 });
  });

  test('reads documents and encodings as its source does', async () => {
    const reading = PIPELINE.replace(
      'include: [logs/*.log]',
      'include: [logs/*.log], format: json, encoding: utf-16be',
    );
    const raw = '[{"level": "é"},\n {\n"level": "b"}]';
    const events = [{ level: 'é' }, { level: 'b' }];
    const bytes = Buffer.from(`\ufeff${raw}`, 'utf16le').swap16().toString('base64');
    for (const input of [{ raw }, { raw_base64: bytes }]) {
      const tests = [{ ...base, component: 'unread', input, expect: { match: 'contains', events } }];
      expect(await runTests(tests, {}, reading)).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('joins partial lines, and holds one back that has not ended', async () => {
    const raw = cri('{"level":', 'stdout', 'P') + cri('"INFO"}') + cri('{"level":"WARN"', 'stdout', 'P');
    const expected = { events: [EVENT] };
    const open = { ...base, input: { raw, read_to_end: false }, expect: expected };
    expect(await runTests([open])).toMatchObject({ code: 0 });
    const ended = { ...base, input: { raw }, expect: expected };
    expect(await runTests([ended])).toMatchObject({ code: 0 });
  });

  test('gives events without a time the same one in every run', async () => {
    const events = [{ '@timestamp': '2026-01-01T00:00:00.000000000Z', log: 'hello' }];
    const end = await runTests([{ name: 'it', sink: 'other', input: { raw: 'hello\n' }, expect: { events } }]);
    expect(end.stdout).toBe('ok   it\n1 passed, 0 failed\n');
  });
});

test('a sink that the source does not feed is named, and no other stands in for it', async () => {
  const more = `${PIPELINE}  letters: { type: stdout, inputs: dead_letters }\n`
    .replace('transforms:', '  audit: { type: stdin }\ntransforms:')
    .replace('inputs: record, format', 'inputs: [record, audit], format');
  const input = { events: [{ user: 'ada' }] };
  const expected = { input, expect: { match: 'contains', events: [{ user: 'ada' }] } };
  const tests = [
    { name: 'another', source: 'audit', sink: 'other', ...expected },
    { name: 'letters', source: 'audit', sink: 'letters', ...expected },
    { name: 'right', source: 'audit', sink: 'search', ...expected },
  ];
  const { code, stdout } = await runTests(tests, {}, more);
  expect(code).toBe(1);
  expect(stdout).toContain('no event of the source "audit" reaches the sink "other"');
  expect(stdout).toContain('"letters"; it takes dead letters, and those are compared with expect.dead_letters');
  expect(stdout).toContain('1 passed, 2 failed');
}, 20_000);

describe('one component', () => {
  test('a transform, with events', async () => {
    const input = { events: [{ log: '{"id":12345678901234567890}' }] };
    const files = {
      'p.yaml': PIPELINE,
      // As text: JavaScript cannot hold the number.
      'p.test.yaml': `tests: [{ name: it, component: record, input: ${JSON.stringify(input)}, expect: { events: [{ id: 12345678901234567890 }] } }]`,
    };
    expect(await runTailrace(['test', 'p.yaml'], { files })).toMatchObject({ code: 0 });
  });

  test('a sink, as the text that it sends', async () => {
    const input = {
      events: [
        { '@timestamp': '2026-11-20T10:00:00Z', a: 1 },
        { '@timestamp': '2026-11-21T10:00:00Z', a: 2 },
      ],
    };
    const text = [
      '{"create":{"_index":"logstash-2026.11.20","_id":"TailraceTest0000-000000000000"}}',
      '{"@timestamp":"2026-11-20T10:00:00Z","a":1}',
      '{"create":{"_index":"logstash-2026.11.21","_id":"TailraceTest0000-000000000001"}}',
      '{"@timestamp":"2026-11-21T10:00:00Z","a":2}',
      '',
    ].join('\n');
    const end = await runTests(
      [{ name: 'it', component: 'search', input, expect: { requests: [text] } }],
      {},
      TO_ELASTICSEARCH,
    );
    expect(end.stdout).toBe('ok   it\n1 passed, 0 failed\n');
  });
});

describe('a difference', () => {
  const failing = {
    name: 'it',
    component: 'record',
    input: { events: [{ log: '{"a":1,"b":[1,2]}' }] },
    expect: { events: [{ a: 2, b: [1, 2] }] },
  };

  test('is shown line by line, and exits 1', async () => {
    const ok = { ...failing, name: 'good', expect: { events: [{ a: 1, b: [1, 2] }] } };
    expect(await runTests([failing, ok])).toMatchObject({
      code: 1,
      stderr: '',
      stdout: `FAIL it (p.test.yaml:1:11)
  events (- expected, + found)
    {
  -   "a": 2
  +   "a": 1
      "b": [
        1
        2
    …
ok   good
1 passed, 1 failed
`,
    });
  });

  test('is coloured when colours are wanted', async () => {
    expect((await runTests([failing], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[31m-   "a": 2\u001b[39m');
    expect((await runTests([failing], { NO_COLOR: '1' })).stdout).not.toContain('\u001b[');
  });

  test('an event too many or too few is one', async () => {
    const none = { ...failing, expect: { events: [] } };
    expect((await runTests([none])).stdout).toContain('+   "a": 1');
    const more = { ...failing, expect: { events: [{ a: 1, b: [1, 2] }, { c: 3 }] } };
    expect((await runTests([more])).stdout).toContain('-   "c": 3');
  });

  test('further members are one, unless `match: contains`', async () => {
    const partly = { ...failing, expect: { events: [{ a: 1 }] } };
    expect(await runTests([partly])).toMatchObject({ code: 1 });
    expect(await runTests([{ ...partly, expect: { match: 'contains', ...partly.expect } }])).toMatchObject({ code: 0 });
    const wrong = { ...partly, expect: { match: 'contains', events: [{ a: 7 }] } };
    expect(await runTests([wrong])).toMatchObject({ code: 1 });
  });

  test('of a dead letter is one in the named parts only', async () => {
    const test = { name: 'it', component: 'record', input: { events: [{ log: 'x' }] } };
    const letters = (letter: object): object => ({ ...test, expect: { dead_letters: [letter] } });
    expect(await runTests([letters({ event: { log: 'x' } })])).toMatchObject({ code: 0 });
    expect(await runTests([letters({ code: 'not_utf8' })])).toMatchObject({ code: 1 });
  });
});

describe('what a component discards', () => {
  test('is known with its reason', async () => {
    const pipeline = PIPELINE.replace('on_error: dead_letter', 'on_error: drop');
    const tests = [
      {
        name: 'it',
        component: 'record',
        input: { events: [{ log: 'x' }, { log: '{}' }] },
        expect: { discarded: [{ component: 'record', event: { log: 'x' } }], events: [{}] },
      },
    ];
    const files = { 'p.yaml': pipeline, 'p.test.yaml': JSON.stringify({ tests }) };
    const end = await runTailrace(['test', 'p.yaml'], { files });
    expect(end.stdout).toBe('ok   it\n1 passed, 0 failed\n');
  });
});

test('without tests there is nothing to pass', async () => {
  const end = await runTailrace(['test', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
  expect(end).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'p.yaml: no tests: write some under the key "tests", here or in a file *.test.yaml beside it\n',
  });
});

test('a faulty pipeline is no failed test', async () => {
  const end = await runTailrace(['test', 'p.yaml'], {
    files: { 'p.yaml': PIPELINE.replace('inputs: app', 'inputs: ap') },
  });
  expect(end).toMatchObject({ code: 78, stdout: '' });
});

describe('metrics and traces', () => {
  const SCRAPED = `
data_dir: data
sources:
  app: { type: prometheus_scrape, targets: ['http://127.0.0.1:9/metrics'], job: shop }
sinks:
  receiver: { type: otlp, inputs: app, endpoint: 'http://127.0.0.1:9' }
`;
  const RECEIVED = `
data_dir: data
sources:
  app: { type: otlp }
sinks:
  receiver: { type: otlp, inputs: app, endpoint: 'http://127.0.0.1:9' }
`;

  test('of an exposition are data points, and the JSON of a request', async () => {
    const metric = { name: 'orders_total', sum: { isMonotonic: true, dataPoints: [{ asDouble: 3 }] } };
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
    const input = { raw: '# TYPE orders counter\norders_total 3\n# EOF\n' };
    const expected = { match: 'contains', events: [request], requests: [request] };
    const end = await runTests([{ name: 'it', input, expect: expected }], {}, SCRAPED);
    expect(end).toMatchObject({ code: 0, stdout: 'ok   it\n1 passed, 0 failed\n' });
  });

  test('that differ are shown as OTLP’s JSON', async () => {
    const input = { raw: '# TYPE orders counter\norders_total 3\n# EOF\n' };
    const end = await runTests([{ name: 'it', input, expect: { events: [] } }], {}, SCRAPED);
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/^ {2}\+ .*"name": "orders_total"$/m);
  });

  test('are told apart from an input that nobody can read', async () => {
    const end = await runTests([{ name: 'it', input: { raw: 'orders many\n' }, expect: { events: [] } }], {}, SCRAPED);
    expect(end.code).toBe(1);
    expect(end.stdout).toContain('app cannot read the input: line 1, column 8: expected a number, found "many"');
    const request = await runTests([{ name: 'it', input: { raw: '[]' }, expect: { events: [] } }], {}, RECEIVED);
    expect(request.stdout).toContain('app cannot read the input: the input is no request of OTLP/JSON');
  });

  test('of OTLP’s JSON pass as they are, logs among them', async () => {
    const logs = {
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ timeUnixNano: '1767225600000000001', body: { stringValue: 'x' } }] }] },
      ],
    };
    const spans = { resourceSpans: [{ scopeSpans: [{ spans: [{ spanId: '00f067aa0ba902b7', name: 'GET' }] }] }] };
    const of = (request: object) => ({
      name: 'it',
      input: { raw: JSON.stringify(request) },
      expect: { requests: [request] },
    });
    const end = await runTests([of(logs), of(spans)], {}, RECEIVED);
    expect(end.stdout).toBe('ok   it\nok   it\n2 passed, 0 failed\n');
  });
});
