// A text that an operation left in the kernel's memory, with what it found out about its events, gives the next operation what a copy of that text gives.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, guardedKernel, keyText, objectText, textsOf, unpackDefaults, valueText } from './arbitrary.ts';
import { type Checked, check, EXCEPTION_ROW } from './check.ts';
import { encodeLines, escapeJson } from './encode.ts';
import type { Events } from './events.ts';
import { createFramer } from './frame.ts';
import { ROOT_HASH } from './hash.ts';
import { knownPaths } from './known-paths.ts';
import { locate } from './locate.ts';
import { compilePaths } from './paths.ts';
import { EDIT, EDIT_ROW, splice } from './splice.ts';
import { EXPECT, TYPE } from './types.ts';
import { unpack } from './unpack.ts';
import type { UnpackOptions } from './unpack-options.ts';

const { k, checkGuards } = guardedKernel();

/** The same events in memory that the kernel does not know. */
const copied = (e: Events): Events => ({
  text: e.text.slice(),
  start: e.start.slice(),
  end: e.end.slice(),
  length: e.length,
});

const TIME = '2024-01-01T00:00:00.1Z';
const MEMBERS = '"kubernetes":{"pod_name":"p","labels":{"a":"b"}},"a":7';

const member = fc.tuple(keyText, valueText).map(([key, value]) => `${key}:${value}`);
// Few keys, so that one stands in several objects, and in objects of arrays.
const { nested } = fc.letrec<{ nested: string; value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: fc.constantFrom('1', '"x"', 'null', '"2024-01-01"', '[1]') },
    { weight: 3, arbitrary: tie('nested') },
    { weight: 3, arbitrary: tie('nested').map((text) => `[${text}]`) },
  ),
  nested: fc
    .array(fc.tuple(fc.constantFrom('a', 'a', 'b', 'c', 'd', 'd', 'fields', 'x', 'a.b', '\\u0061'), tie('value')), {
      maxLength: 4,
    })
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
}));
const content = fc.oneof(
  { weight: 4, arbitrary: nested },
  { weight: 4, arbitrary: objectText },
  { weight: 2, arbitrary: fc.array(member, { maxLength: 6 }).map((members) => `{ ${members.join(' , ')} }`) },
  { weight: 1, arbitrary: objectText.map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: objectText.map((text) => `{"log":${JSON.stringify(text)},"b":0}`) },
  { weight: 1, arbitrary: damaged(objectText).map((bytes) => Buffer.from(bytes).toString()) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);
const escaped = (text: string, all: boolean): string =>
  all
    ? text.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : JSON.stringify(text).slice(1, -1);
const dockerLine = fc
  .tuple(
    content,
    fc.boolean(),
    fc.constantFrom('\\n', '\\n', '\\n', '\\r\\n', '\\u000a', ''),
    fc.constantFrom('', '', '', ',"attrs":{"a":1}'),
    // A lone surrogate has no UTF-8, so this text has no un-escaped form.
    fc.constantFrom('', '', '', '', '\\\\\\ud800'),
  )
  .map(
    ([text, all, end, more, bad]) =>
      `{"log":"${escaped(text, all)}${bad}${end}","stream":"stdout","time":"${TIME}"${more}}\n`,
  );
const criLine = fc
  .tuple(content, fc.constantFrom('F', 'F', 'F', 'P'), fc.constantFrom('\n', '\n', '\r\n'))
  .map(([text, tag, end]) => `${TIME} stdout ${tag} ${text.replaceAll(/[\r\n]/g, ' ')}${end}`);
const chunk = fc.oneof(
  fc.record({ format: fc.constant('docker' as const), lines: fc.array(dockerLine, { minLength: 1, maxLength: 8 }) }),
  fc.record({ format: fc.constant('cri' as const), lines: fc.array(criLine, { minLength: 1, maxLength: 8 }) }),
);

const DEFAULTS: UnpackOptions = { ...unpackDefaults, protect: [], maxBytes: 1 << 20, maxFields: 1000 };

const anyOptions: fc.Arbitrary<UnpackOptions> = fc.record({
  field: fc.constantFrom(['log'], ['log'], ['log'], ['log'], ['a'], ['fields', 'log']),
  into: fc.constantFrom(null, null, null, null, 'x'),
  prefix: fc.constantFrom('', '', '', 'p_'),
  conflict: fc.constantFrom('inner_wins', 'outer_wins', 'rename', 'nest'),
  protect: fc.constantFrom([], ['a', '@timestamp']),
  keep: fc.constantFrom('never', 'on_error', 'always'),
  depth: fc.integer({ min: 1, max: 3 }),
  maxBytes: fc.constantFrom(1 << 20, 1 << 20, 60),
  maxFields: fc.constantFrom(1000, 1000, 3),
  onErrorKeep: fc.boolean(),
});
// Most members are noted as they stand when nothing is renamed or refused.
const options = fc.oneof({ weight: 2, arbitrary: fc.constant(DEFAULTS) }, { weight: 1, arbitrary: anyOptions });

const PATHS = [
  ['a'],
  ['b'],
  ['c', 'a'],
  ['fields'],
  ['fields', 'a'],
  ['fields', 'x', 'a'],
  ['x'],
  ['x', 'a'],
  ['x', 'b', 'a'],
  ['__proto__', 'a'],
  ['é'],
  ['a.b'],
  ['log'],
];
const paths = compilePaths(PATHS);
const expects = fc.tuple(...PATHS.map(() => fc.nat(10))).map((types) => Uint8Array.from(types));
const known = fc.subarray([
  ['d'],
  ['d', 'a'],
  ['d', 'b'],
  ['fields', 'b'],
  ['fields', 'd'],
  ['x', 'd'],
  ['x', 'c', 'a'],
]);

/** What happens to the kernel between two operations. */
const between = fc.oneof(
  { weight: 5, arbitrary: fc.constant('nothing') },
  { weight: 1, arbitrary: fc.constantFrom('locate', 'escape', 'encode', 'frame') },
);
function disturb(how: string, e: Events): void {
  if (how === 'locate') locate(k, e, paths);
  if (how === 'escape') escapeJson(k, Buffer.from('another text\n'.repeat(50)));
  if (how === 'encode') encodeLines(k, e, 0, e.length, new Uint8Array(1 << 16), 0, new Uint32Array(e.length));
  if (how === 'frame') frame('cri', [`${TIME} stdout F {"a":"another one"}\n`]);
}

function frame(format: 'docker' | 'cri', lines: readonly string[]): Events {
  const framer = createFramer(k, { format, maxEventBytes: 400, members: Buffer.from(MEMBERS) });
  return framer.frame(Buffer.from(lines.join('')), 0, { seconds: 0, nanos: 0 });
}

test('framed, unpacked, checked and spliced', () => {
  fc.assert(
    fc.property(chunk, options, expects, known, fc.tuple(between, between, between), (lines, o, types, names, how) => {
      const framed = frame(lines.format, lines.lines);
      disturb(how[0], framed);
      const twin = copied(framed);
      const unpacked = unpack(k, framed, o);
      disturb(how[1], unpacked);
      const table = (): ReturnType<typeof knownPaths> => {
        const some = knownPaths();
        some.addBelow(Number(ROOT_HASH & 0xffff_ffffn), Number(ROOT_HASH >> 32n), names);
        return some;
      };
      const watched = Uint32Array.of(1, 4, 6);
      const checked = check(k, unpacked, paths, types, true, { watched, known: table() });
      disturb(how[2], unpacked);
      const edits = editsAt(unpacked);
      const spliced = splice(k, unpacked, edits);

      const unpackedTwin = unpack(k, twin, o);
      expect(textsOf(unpacked)).toEqual(textsOf(unpackedTwin));
      expect(unpacked.status).toEqual(unpackedTwin.status);
      expect(placed(checked)).toEqual(
        placed(check(k, copied(unpacked), paths, types, true, { watched, known: table() })),
      );
      expect(textsOf(spliced)).toEqual(textsOf(splice(k, copied(unpacked), edits)));
    }),
    { numRuns: 1000 },
  );
  checkGuards();
});

/** Rows that say that a path is there have no positions. */
function placed({ exceptions, unknown, unchecked }: Checked): Checked {
  for (let row = 0; row < exceptions.length; row += EXCEPTION_ROW) {
    if (exceptions[row + 5] === TYPE.present) exceptions.fill(0, row + 2, row + 5);
  }
  return { exceptions, unknown, unchecked };
}

/** Each event's brace gets a member behind it. */
function editsAt(e: Events): Parameters<typeof splice>[2] {
  const data = Buffer.from('"new":1');
  const rows = Uint32Array.from({ length: e.length * EDIT_ROW }, (_, column) => {
    const i = Math.floor(column / EDIT_ROW);
    return [i, EDIT.insert, e.start[i]!, 0, 0, data.length][column % EDIT_ROW]!;
  });
  return { rows, count: e.length, data };
}

/** Every other event, in the same text. */
function chosenOf({ text, start, end, length }: Events): Events {
  const chosen = Uint32Array.from({ length }, (_, i) => i).filter((i) => i % 2 === 1);
  return { text, start: chosen.map((i) => start[i]!), end: chosen.map((i) => end[i]!), length: chosen.length };
}

test('two readers of one text, and chosen events of it', () => {
  fc.assert(
    fc.property(chunk, options, options, expects, (lines, one, other, types) => {
      const framed = frame(lines.format, lines.lines);
      const some = unpack(k, chosenOf(framed), one);
      expect(textsOf(some)).toEqual(textsOf(unpack(k, copied(chosenOf(framed)), one)));
      const again = frame(lines.format, lines.lines);
      const unpacked = unpack(k, again, one);
      const checked = check(k, chosenOf(unpacked), paths, types, true);
      const second = unpack(k, again, other);
      expect(checked).toEqual(check(k, copied(chosenOf(unpacked)), paths, types, true));
      expect(textsOf(second)).toEqual(textsOf(unpack(k, copied(again), other)));
    }),
    { numRuns: 200 },
  );
  checkGuards();
});

test('keys with one hash are two keys', () => {
  const key = 'x0000373J=jDMz>o';
  const declared = compilePaths([['session_duration']]);
  const orders = [
    [`{"${key}":1}`, '{"session_duration":"text"}'],
    ['{"session_duration":1}', `{"${key}":"text"}`],
  ];
  for (const events of orders) {
    const framed = frame(
      'cri',
      events.map((event) => `${TIME} stdout F ${event}\n`),
    );
    const unpacked = unpack(k, framed, DEFAULTS);
    const checked = check(k, unpacked, declared, Uint8Array.of(EXPECT.integer), true);
    expect(checked).toEqual(check(k, copied(unpacked), declared, Uint8Array.of(EXPECT.integer), true));
  }
});

test('a call that fails takes what stood in memory with it', () => {
  const framed = frame('cri', [`${TIME} stdout F {"a":1,"b":2}\n`]);
  expect(() =>
    createFramer(k, { format: 'cri', maxEventBytes: 400 }).frame(Buffer.from(`${TIME} stdout F {"b":1,"a":2}\n`), 0, {
      seconds: Number.NaN,
      nanos: 0,
    }),
  ).toThrow(RangeError);
  expect(textsOf(unpack(k, framed, DEFAULTS))).toEqual(textsOf(unpack(k, copied(framed), DEFAULTS)));
});

test('what stands in memory is not read again once something else stands there', () => {
  const framed = frame('docker', [`{"log":"{\\"a\\":1}\\n","stream":"stdout","time":"${TIME}"}\n`]);
  const unpacked = unpack(k, framed, DEFAULTS);
  const later = frame('docker', [`{"log":"{\\"b\\":\\"x\\"}\\n","stream":"stdout","time":"${TIME}"}\n`]);
  const types = Uint8Array.from(PATHS, () => EXPECT.always);
  const { exceptions } = check(k, unpacked, paths, types, false);
  expect(Array.from({ length: exceptions.length / 6 }, (_, row) => PATHS[exceptions[row * 6 + 1]!]![0])).toEqual(['a']);
  expect(textsOf(unpack(k, later, DEFAULTS))[0]).toContain('"b":"x"');
});
