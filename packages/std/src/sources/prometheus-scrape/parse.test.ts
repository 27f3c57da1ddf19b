import { expect, test } from 'vitest';
import { ExpositionError, SampleLimitError } from './exposition.ts';
import { type ExpositionFormat, parseExposition } from './parse.ts';

const parse = (text: string | Uint8Array, format: ExpositionFormat = 'text', sampleLimit = 1000) =>
  parseExposition(typeof text === 'string' ? Buffer.from(text) : text, { format, sampleLimit }).families;
const problem = (text: string | Uint8Array, format: ExpositionFormat = 'text') => {
  try {
    return parse(text, format);
  } catch (error) {
    return error instanceof ExpositionError ? error.message : error;
  }
};
const openMetrics = (lines: string) => parse(`${lines}\n# EOF\n`, 'openmetrics');

test('text 0.0.4: comments, types, help, labels, times', () => {
  const text = [
    '# A comment, and an empty line',
    '',
    '# HELP http_requests_total Two lines:\\nand a \\\\ backslash, no \\"quote.',
    '#  TYPE \t http_requests_total  counter',
    'http_requests_total{method="post",code="200"} 1027 1395066363000',
    'http_requests_total { method = "post" , code="400" , }\t3\t-1 ',
    '  metric_without_timestamp_and_labels 12.47',
    'weird{path="C:\\\\DIR\\\\F.TXT",error="Cannot find \\"FILE\\"\\nnow \\t",empty=""} +Inf',
    '# TYPE none untyped',
    'none NaN',
  ].join('\n');
  expect(parse(text)).toEqual([
    {
      name: 'http_requests_total',
      type: 'counter',
      help: 'Two lines:\nand a \\ backslash, no "quote.',
      unit: '',
      samples: [
        {
          name: 'http_requests_total',
          labels: ['code', '200', 'method', 'post'],
          value: 1027,
          time: 1395066363000000000n,
        },
        { name: 'http_requests_total', labels: ['code', '400', 'method', 'post'], value: 3, time: -1000000n },
      ],
    },
    {
      name: 'metric_without_timestamp_and_labels',
      type: 'unknown',
      help: '',
      unit: '',
      samples: [{ name: 'metric_without_timestamp_and_labels', labels: [], value: 12.47 }],
    },
    {
      name: 'weird',
      type: 'unknown',
      help: '',
      unit: '',
      samples: [
        {
          name: 'weird',
          labels: ['error', 'Cannot find "FILE"\nnow \\t', 'path', 'C:\\DIR\\F.TXT'],
          value: Infinity,
        },
      ],
    },
    { name: 'none', type: 'unknown', help: '', unit: '', samples: [{ name: 'none', labels: [], value: Number.NaN }] },
  ]);
});

test('OpenMetrics 1.0: units, exemplars, creation times, seconds', () => {
  const families = openMetrics(
    [
      '# TYPE foo_seconds summary',
      '# UNIT foo_seconds seconds',
      '# HELP foo_seconds Quotes \\" and \\n breaks.',
      'foo_seconds{quantile="0.5"} 1.5 123.456789012',
      'foo_seconds_count 17',
      'foo_seconds_created 1520430000.125',
      '# TYPE requests counter',
      'requests_total{a="b"} 17 # {trace_id="0af7651916cd43dd8448eb211c80319c",} 0.5',
    ]
      .join('\n')
      .replace(',}', '}'),
  );
  expect(families).toMatchObject([
    {
      name: 'foo_seconds',
      type: 'summary',
      unit: 'seconds',
      help: 'Quotes " and \n breaks.',
      samples: [
        { name: 'foo_seconds', labels: ['quantile', '0.5'], value: 1.5, time: 123456789012n },
        { name: 'foo_seconds_count', value: 17 },
        { name: 'foo_seconds_created', value: 1520430000.125 },
      ],
    },
    {
      name: 'requests',
      type: 'counter',
      samples: [
        {
          name: 'requests_total',
          labels: ['a', 'b'],
          exemplar: { labels: ['trace_id', '0af7651916cd43dd8448eb211c80319c'], value: 0.5 },
        },
      ],
    },
  ]);
});

test('an exemplar has labels, a value and at will a time, behind a value with or without one', () => {
  const [family] = openMetrics(
    [
      '# TYPE x histogram',
      'x_bucket{le="1"} 1 # {} 0.1',
      'x_bucket{le="2"} 2 10 # {a="}",b="# "} -0.2 11.5',
      'x_bucket{le="+Inf"} 2 -1e1',
    ].join('\n'),
  );
  expect(family!.samples).toEqual([
    { name: 'x_bucket', labels: ['le', '1'], value: 1, exemplar: { labels: [], value: 0.1 } },
    {
      name: 'x_bucket',
      labels: ['le', '2'],
      value: 2,
      time: 10_000_000_000n,
      exemplar: { labels: ['a', '}', 'b', '# '], value: -0.2, time: 11_500_000_000n },
    },
    { name: 'x_bucket', labels: ['le', '+Inf'], value: 2, time: -10_000_000_000n },
  ]);
});

test('quoted names hold any character', () => {
  const line = '{"http.server.duration","a b"="c",d="e"} 1\n';
  for (const [family] of [parse(`# TYPE "http.server.duration" gauge\n${line}`), openMetrics(line.trim())]) {
    expect(family).toMatchObject({
      name: 'http.server.duration',
      samples: [{ name: 'http.server.duration', labels: ['a b', 'c', 'd', 'e'], value: 1 }],
    });
  }
});

test('a name that ends in _count is a metric of its own unless a histogram or summary stands there', () => {
  const text = [
    '# TYPE mirrord_stolen_connections_count counter',
    'mirrord_stolen_connections_count{port="80"} 7',
    '# TYPE mirrord_sessions_duration histogram',
    'mirrord_sessions_duration_bucket{le="+Inf"} 2',
    'mirrord_sessions_duration_sum 3',
    'mirrord_sessions_duration_count 2',
    'mirrord_unmatched_sqs_messages_count 1',
    '# TYPE mirrord_sessions_duration_created gauge',
    'mirrord_sessions_duration_created 1.7e9',
    '# TYPE one_count gauge',
    'one_count 1',
    '# TYPE one histogram',
    'one_count 2',
    'mirrord_sessions_duration 9',
    'mirrord_sessions_duration_count{late="1"} 5',
  ].join('\n');
  const shape = parse(text).map(({ name, type, samples }) => [name, type, samples.map((sample) => sample.value)]);
  expect(shape).toEqual([
    ['mirrord_stolen_connections_count', 'counter', [7]],
    ['mirrord_sessions_duration', 'histogram', [2, 3, 2, 5]],
    ['mirrord_unmatched_sqs_messages_count', 'unknown', [1]],
    ['mirrord_sessions_duration_created', 'gauge', [1.7e9]],
    ['one_count', 'gauge', [1]],
    ['one', 'histogram', [2]],
    ['mirrord_sessions_duration', 'unknown', [9]],
  ]);
});

test.each([
  ['x', 'line 1, column 2: expected a number, found nothing'],
  ['a 1\nx{a="b"} one', 'line 2, column 10: expected a number, found "one"'],
  ['x 0x10', 'line 1, column 3: expected a number, found "0x10"'],
  ['x 1_000', 'line 1, column 3: expected a number, found "1_000"'],
  ['x 1 1.5', 'line 1, column 5: expected a time in whole milliseconds, found "1.5"'],
  ['x 1 1 1', 'line 1, column 7: expected the end of the line, found "1"'],
  ['x 1 99999999999999999999', 'line 1, column 5: expected a time in whole milliseconds, found "99999999999999999999"'],
  ['x{a="b" 1', 'line 1, column 9: expected "," or "}", found "1"'],
  ['x{a=b} 1', 'line 1, column 5: expected a text in double quotes, found "b"'],
  ['x{a="b', 'line 1, column 5: a quoted text has no end'],
  ['x{a="b\ny 1', 'line 1, column 5: a quoted text has no end'],
  ['x{a="b\\\n"} 1', 'line 1, column 5: a quoted text has no end'],
  ['x{a:b="c"} 1', 'line 1, column 4: expected "=", found ":"'],
  ['x{a="1",a="2"} 1', 'line 1, column 3: the label "a" is there twice'],
  ['x{,} 1', 'line 1, column 3: expected a label name, found ","'],
  ['x{"y"} 1', 'line 1, column 7: a metric cannot have two names'],
  ['{a="b"} 1', 'line 1, column 8: the braces hold no metric name, and none stands before them'],
  ['1x 1', 'line 1, column 1: expected a metric name, found "1"'],
  ['<html>', 'line 1, column 1: expected a metric name, found "<"'],
  ['ä 1', 'line 1, column 1: expected a metric name, found "ä"'],
  [
    '# TYPE x speed',
    'line 1, column 10: unknown type "speed": expected one of counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown, untyped',
  ],
  ['# TYPE x __proto__', expect.stringContaining('unknown type "__proto__"')],
  ['x 1\n\0', 'line 2, column 1: a NUL byte cannot be part of an exposition'],
])('text: %j is refused', (text, message) => {
  expect(problem(text)).toEqual(message);
});

test.each([
  ['x 1\n', 'line 2, column 1: the text ends without "# EOF": it was cut on the way'],
  ['', 'line 1, column 1: the text ends without "# EOF": it was cut on the way'],
  ['\n# EOF\n', 'line 1, column 1: expected a metric name, found the end of the line'],
  ['# EOF\nx 1\n', 'line 2, column 1: there is more behind "# EOF"'],
  ['# comment\n# EOF\n', 'line 1, column 3: expected HELP, TYPE, UNIT or EOF behind "#"'],
  ['#TYPE x gauge\n# EOF\n', 'line 1, column 2: expected one space after "#", found "T"'],
  ['x  1\n# EOF\n', 'line 1, column 3: expected a number, found nothing'],
  ['x{a="b"}1\n# EOF\n', 'line 1, column 9: expected one space and a value, found "1"'],
  ['x{a="b",} 1\n# EOF\n', 'line 1, column 9: expected a label behind ",", found "}"'],
  ['x{a="b"} 1 \n# EOF\n', 'line 1, column 12: expected a time in seconds, found ""'],
  ['x 1 x\n# EOF\n', 'line 1, column 5: expected a time in seconds, found "x"'],
  [
    'x 1 # {a="b"}\n# EOF\n',
    `line 1, column 14: expected one space and the exemplar's value, found the end of the line`,
  ],
  ['x 1 # {"a"} 1\n# EOF\n', 'line 1, column 12: expected labels, found a name without a value'],
  ['x 1 #{a="b"} 1\n# EOF\n', 'line 1, column 6: expected one space behind "#", found "{"'],
  [
    '# UNIT x seconds\n# EOF\n',
    `line 1, column 10: the unit has to be the end of the metric's name: "x" does not end with "_seconds"`,
  ],
  ['x 1', 'line 1, column 4: expected the end of the line, found the end of the text'],
])('OpenMetrics: %j is refused', (text, message) => {
  expect(problem(text, 'openmetrics')).toBe(message);
});

test('bytes that are not UTF-8 are refused with their line', () => {
  expect(problem(Buffer.from([...Buffer.from('x 1\ny{a="'), 0xff, 0x22, 0x7d]))).toBe(
    'line 2, column 1: holds bytes that are not UTF-8',
  );
});

test('a complaint is short, however long the line is', () => {
  const long = 'z'.repeat(1_000_000);
  for (const text of [`x ${long}`, `x 1 ${long}`, `# TYPE x ${long}`, `x{${long}="1",${long}="1"} 1`]) {
    expect((problem(text) as string).length).toBeLessThan(250);
  }
  expect((problem(`# UNIT x ${long}\n# EOF\n`, 'openmetrics') as string).length).toBeLessThan(250);
});

test('the limit of samples is exact', () => {
  expect(parse('a 1\nb 1\nc 1\n', 'text', 3)).toHaveLength(3);
  expect(() => parse('a 1\nb 1\nc 1\n', 'text', 2)).toThrow(new SampleLimitError('more than 2 samples'));
});
