import { expect, test } from 'vitest';
import { textsOf } from './arbitrary.ts';
import { detectFormat, type Format } from './format.ts';
import { createFramer, FLAG, type Framed } from './frame.ts';
import { kernel, REGION } from './memory.ts';

const readTime = { seconds: 1_767_225_600, nanos: 7 };
const READ = '2026-01-01T00:00:00.000000007Z';
const MEMBERS = Buffer.from('"kubernetes":{"pod_name":"p"}');

const framer = (format: Format, maxEventBytes = 1 << 20, members: Uint8Array = MEMBERS) =>
  createFramer(kernel(), { format, maxEventBytes, members });
const frame = (format: Format, text: string | Uint8Array, final = false): Framed =>
  framer(format).frame(typeof text === 'string' ? Buffer.from(text) : text, 100, readTime, final);

test('a docker line: time as written, stream, members, log without its newline', () => {
  const line = '{"log":"{\\"a\\":1}\\n","stream":"stderr","time":"2024-01-01T00:00:00.12Z"}\n';
  const framed = frame('docker', line);
  expect(textsOf(framed)).toEqual([
    '{"@timestamp":"2024-01-01T00:00:00.12Z","stream":"stderr","kubernetes":{"pod_name":"p"},"log":"{\\"a\\":1}"}',
  ]);
  expect([framed.offset[0], framed.endOffset[0], framed.seconds[0], framed.nanos[0], framed.flags[0]]).toEqual([
    100,
    100 + line.length,
    1_704_067_200,
    120_000_000,
    FLAG.ownTime,
  ]);
});

test('other members of a docker line stay, those the event has of its own do not', () => {
  const line = '{"kubernetes":0,"attrs":{"tag":"x"},"time":"soon","@timestamp":1,"log":"a\\r\\n"}\n';
  expect(textsOf(frame('docker', line))).toEqual([
    `{"@timestamp":"${READ}","kubernetes":{"pod_name":"p"},"log":"a","attrs":{"tag":"x"}}`,
  ]);
});

test('partial lines of interleaved streams do not mix', () => {
  const lines = ['stdout P a1', 'stderr F b', 'stdout F a2'].map((rest) => `2024-01-01T00:00:00Z ${rest}\n`);
  const framed = frame('cri', lines.join(''));
  expect(textsOf(framed).map((text) => (JSON.parse(text) as { log: string }).log)).toEqual(['b', 'a1a2']);
  expect([...framed.offset]).toEqual([133, 100]);
  expect([...framed.endOffset]).toEqual([165, 198]);
  expect([...framed.flags]).toEqual([FLAG.ownTime, FLAG.ownTime | FLAG.merged]);
  expect([framed.lines, framed.mergedLines]).toEqual([3, 1]);
});

test('a partial line waits over calls and tells from where to read again', () => {
  const f = framer('docker');
  const part = '{"log":"a","stream":"stdout","time":"2024-01-01T00:00:00Z"}\n';
  const end = '{"log":"b\\n","stream":"stdout","time":"2024-01-01T00:00:01Z"}\n';
  const first = f.frame(Buffer.from(part), 500, readTime);
  expect([first.length, first.pendingFrom, first.consumed, f.pendingLines, f.pendingBytes]).toEqual([
    0,
    500,
    part.length,
    1,
    1,
  ]);
  const second = f.frame(Buffer.from(end), 500 + part.length, readTime);
  expect(textsOf(second)[0]).toContain(
    '"@timestamp":"2024-01-01T00:00:00Z","stream":"stdout","kubernetes":{"pod_name":"p"},"log":"ab"}',
  );
  expect([second.offset[0], second.endOffset[0], second.pendingFrom]).toEqual([
    500,
    500 + part.length + end.length,
    undefined,
  ]);
});

test('the end of a file gives out what waits, in the order of the first lines', () => {
  const lines = ['stderr P e1', 'stdout P o1', 'stderr P e2'].map((rest) => `2024-01-01T00:00:00Z ${rest}\n`);
  const framed = frame('cri', lines.join('').slice(0, -1), true);
  expect(textsOf(framed).map((text) => (JSON.parse(text) as { log: string }).log)).toEqual(['e1e2', 'o1']);
  expect([...framed.endOffset]).toEqual([198, 166]);
});

test('a character that CRI cut in two is whole again; ill-formed bytes become U+FFFD', () => {
  const time = '2024-01-01T00:00:00Z stdout';
  const euro = Buffer.from('€');
  const file = Buffer.concat([
    Buffer.from(`${time} P a`),
    euro.subarray(0, 2),
    Buffer.from(`\n${time} F `),
    euro.subarray(2),
    Buffer.from(`b\n${time} F x`),
    euro.subarray(0, 2),
    Buffer.from('y\n'),
  ]);
  const framed = frame('cri', file);
  expect(textsOf(framed).map((text) => (JSON.parse(text) as { log: string }).log)).toEqual(['a€b', 'x\ufffdy']);
  expect([...framed.flags]).toEqual([FLAG.ownTime | FLAG.merged, FLAG.ownTime | FLAG.repaired]);
});

test('an NDJSON object keeps its own @timestamp and gives way to the members', () => {
  const framed = frame('ndjson', '{"a":1}\n{"kubernetes":2, "@timestamp":"2024-01-01T01:00:00+01:00" }\n{}\n');
  expect(textsOf(framed)).toEqual([
    `{"@timestamp":"${READ}","kubernetes":{"pod_name":"p"},"a":1}`,
    '{"kubernetes":{"pod_name":"p"},"@timestamp":"2024-01-01T01:00:00+01:00"}',
    `{"@timestamp":"${READ}","kubernetes":{"pod_name":"p"}}`,
  ]);
  expect([...framed.flags]).toEqual([0, FLAG.ownTime, 0]);
  expect(framed.seconds[1]).toBe(1_704_067_200);
});

test.each([
  ['2024-01-01T00:00:00.123+0000', 123_000_000],
  ['2024-01-01T02:00:00.123+02', 123_000_000],
  ['2023-12-31T18:30:00-0530', 0],
  ['2024-01-01T00:00:00', 0],
  ['2024-01-01T00:00', 0],
  ['2024-01-01T01:00+01:00', 0],
  ['2024-01-01T00', 0],
  ['2023-12-31T23-01', 0],
  ['2024-01-01', 0],
  ['2024-01', 0],
  ['2024', 0],
  ['2024-01-01 00:00:00.5', 500_000_000],
  ['2024-01-01t00:00z', 0],
  ['2024-01-01T00:00:00.1234567899Z', 123_456_789],
  ['2024-01-01T00:00:00\\u002b00', 0],
])('an NDJSON object’s @timestamp %s is its time', (time, nanos) => {
  const framed = frame('ndjson', `{"@timestamp":"${time}"}\n`);
  expect([framed.flags[0], framed.seconds[0], framed.nanos[0]]).toEqual([FLAG.ownTime, 1_704_067_200, nanos]);
  expect(textsOf(framed)).toEqual([`{"kubernetes":{"pod_name":"p"},"@timestamp":"${time}"}`]);
});

test.each([
  ...['', '0', '202', '20240101', '2024-13', '2024-1-1', '2024-02-30', '2024-01-01Z', '2024-01-01T', '2024-01-01T0'],
  ...[
    '2024-01-01T24',
    '2024-01-01T00:',
    '2024-01-01T00:0',
    '2024-01-01T00:60',
    '2024-01-01T00.5',
    '2024-01-01T00:00:00.',
  ],
  ...['2024-01-01T00:00:00.5+0', '2024-01-01T00:00:00+000', '2024-01-01T00:00:00+00:', '2024-01-01T00:00:00+00:0'],
  ...['2024-01-01T00:00:00+24', '2024-01-01T00:00:00+0060', '2024-01-01T00:00:00Zx', '2024-01-01T00:00:005', 'soon'],
])('an NDJSON object’s @timestamp %j is no time', (time) => {
  const framed = frame('ndjson', `{"@timestamp":"${time}"}\n`);
  expect([framed.flags[0], framed.seconds[0], framed.nanos[0]]).toEqual([0, readTime.seconds, readTime.nanos]);
});

test.each([
  ['ndjson', '{"file":{"a":1},"b":2}\n{"b":3}\n', [{ a: 1 }, 'f']],
  ['docker', '{"log":"x","file":0}\n{"log":"y\\n"}\n{"log":"z\\n","f\\u0069le":1}\n{"log":"\\n"}\n', [0, 1, 'f']],
] as const)(
  '%s: the member that yields is left out where the line has its own, and the event says so',
  (format, lines, wanted) => {
    const yielding = Buffer.from('"file":"f"');
    for (const members of [MEMBERS, new Uint8Array(0)]) {
      const f = createFramer(kernel(), { format, maxEventBytes: 100, members, yielding });
      const framed = f.frame(Buffer.from(lines), 0, readTime);
      const texts = textsOf(framed);
      expect(texts.map((text) => (JSON.parse(text) as { file: unknown }).file)).toEqual(wanted);
      expect(texts.map((text) => text.match(/f(i|\\u0069)le"/g)?.length)).toEqual(wanted.map(() => 1));
      expect(Array.from(framed.flags, (flags) => (flags & FLAG.yielded) === 0)).toEqual(
        wanted.map((file) => file === 'f'),
      );
    }
  },
);

test('a value does not go on in the next line, and the input stays as it was', () => {
  const framed = frame('ndjson', '{"a":\n1}\n');
  expect([framed.length, framed.misfits]).toEqual([2, 2]);
  const { at } = REGION.input;
  expect(Buffer.from(kernel().bytes.subarray(at, at + 10)).toString()).toBe('{"a":\n1}\n\0');
});

test('partial lines go on in the framer of the next file, per stream, at offsets below its start', () => {
  const time = '2024-01-01T00:00:00Z';
  const f = framer('cri');
  const first = Buffer.from(`${time} stdout P a1\n${time} stderr P b1\n`);
  f.frame(first, 100, readTime);
  const carried = f.takeOut(100 + first.length)!;
  expect([f.pendingLines, f.takeOut(0)]).toEqual([0, undefined]);
  const next = createFramer(kernel(), { format: 'cri', maxEventBytes: 1 << 20, carried });
  const end = Buffer.from(`${time} stderr F b2\n`);
  const framed = next.frame(end, 0, readTime);
  expect(textsOf(framed)).toEqual([`{"@timestamp":"${time}","stream":"stderr","log":"b1b2"}`]);
  expect([framed.offset[0], framed.endOffset[0], framed.mergedLines]).toEqual([-33, end.length, 1]);
  expect([framed.pendingFrom, next.pendingLines]).toEqual([-first.length, 1]);
  const twice = createFramer(kernel(), { format: 'cri', maxEventBytes: 1 << 20, carried: next.takeOut(end.length)! });
  const last = twice.frame(Buffer.from(`${time} stdout F a2\n`), 0, readTime);
  expect(textsOf(last)).toEqual([`{"@timestamp":"${time}","stream":"stdout","log":"a1a2"}`]);
  expect([last.offset[0], last.pendingFrom]).toEqual([-first.length - end.length, undefined]);
});

test('what does not fit is kept as text; empty lines are counted and skipped', () => {
  const framed = frame('docker', 'panic: "x"\r\n\n\r\n');
  expect(textsOf(framed)).toEqual([`{"@timestamp":"${READ}","kubernetes":{"pod_name":"p"},"log":"panic: \\"x\\""}`]);
  expect([framed.flags[0], framed.misfits, framed.lines, framed.emptyLines, framed.consumed]).toEqual([
    FLAG.misfit,
    1,
    1,
    2,
    15,
  ]);
});

test.each([
  ['2024-02-29T23:59:59.5+08:00', 1_709_222_399, 500_000_000],
  ['2000-02-29t00:00:00z', 951_782_400, 0],
  ['1969-12-31T23:59:59.000000001Z', -1, 1],
  ['0000-01-01T00:00:00Z', -62_167_219_200, 0],
  ['9999-12-31T23:59:59.999999999-23:59', 253_402_387_139, 999_999_999],
  ['2024-01-01T00:00:00.123456-00:30', 1_704_069_000, 123_456_000],
])('time %s', (time, seconds, nanos) => {
  const framed = frame('cri', `${time} stdout F x\n`);
  expect([framed.seconds[0], framed.nanos[0], framed.flags[0]]).toEqual([seconds, nanos, FLAG.ownTime]);
});

test.each([
  '2023-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2024-04-31T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-00T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01 00:00:00Z',
  '2024-01-01T00:00:00',
  '2024-01-01T00:00:00.Z',
  '2024-01-01T00:00:00.1234567890Z',
  '2024-01-01T00:00:00+24:00',
  '2024-01-01T00:00:00+0100',
  '24-01-01T00:00:00Z',
])('no time: %s', (time) => {
  expect(frame('cri', `${time} stdout F x\n`).misfits).toBe(1);
  const docker = frame('docker', `{"log":"x\\n","stream":"stdout","time":"${time}"}\n`);
  expect([docker.misfits, docker.flags[0], docker.seconds[0]]).toEqual([0, 0, readTime.seconds]);
});

test('options that are no good are refused', () => {
  expect(() => framer('text', 0)).toThrow('maxEventBytes: must be a whole number from 1 to 4194304, not 0');
  expect(() => framer('text', 10, Buffer.from('"a":'))).toThrow(
    'members: must be the inside of a JSON object, such as "kubernetes":{}',
  );
  expect(() => framer('text', 10, Buffer.from('"log":1'))).toThrow(
    'members: must not hold "log", which each event has of its own',
  );
  expect(() => framer('text', 10, Buffer.from(`"a":"${'x'.repeat(300_000)}"`))).toThrow(
    'members: 300006 bytes are too many; about 65536 fit',
  );
  expect(() => framer('text').frame(Buffer.from('x\n'), 0, { seconds: -1e12, nanos: 0 })).toThrow(
    'no time of the years 0 to 9999',
  );
});

test.each([
  ['{"log":"x', 'docker'],
  ['{"log":"x\\\\\\"', 'docker'],
  ['{"log":"x\\\\","y":"', 'ndjson'],
  ['{"log":{"x":"', 'ndjson'],
  [' { "x', 'ndjson'],
  ['{x', 'text'],
  ['2024-01-01T00:00:00Z stdout F {"', 'cri'],
] as const)('a line that begins with %j and is cut there is %s', (line, format) => {
  expect(detectFormat(Buffer.from(line), false)).toBe(format);
});

test.each([
  ['{"log":"x\\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}\n', 'docker'],
  ['{"log":"x","attrs":{},"time":"2024-01-01T00:00:00Z"}\r\n', 'docker'],
  ['{"log":"x"}\n', 'ndjson'],
  ['{"log":"x","time":"now"}', 'ndjson'],
  ['2024-01-01T00:00:00.1+08:00 stderr P:x a\n', 'cri'],
  ['2024-01-01T00:00:00Z stdin F a\n', 'text'],
  ['[1]\n', 'text'],
  ['', 'text'],
] as const)('the format of %j is %s', (line, format) => {
  expect(detectFormat(Buffer.from(line))).toBe(format);
});
