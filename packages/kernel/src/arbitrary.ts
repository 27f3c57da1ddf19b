// What the property tests of this room draw from: JSON text in all its spellings, damage, and kernels with guard bytes.
import fc from 'fast-check';
import type { Events } from './events.ts';
import { createKernel, GAP, type Kernel, PAD, REGION } from './memory.ts';
import type { UnpackOptions } from './unpack-options.ts';

const SPACES = ['', '', '', '', ' ', '\n', '\t\r ', '                    '];
const NUMBERS = [
  '0',
  '-0',
  '1',
  '-12',
  '8080',
  '12345678901234567890',
  '1.50',
  '-0.0',
  '1e5',
  '2E-3',
  '1.5e+300',
  '9007199254740993',
];
const STRINGS = [
  '""',
  '"a"',
  '"é"',
  '"😀"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"a\\"b\\\\c\\/d\\b\\f\\n\\r\\t"',
  '"\\u0000"',
  '"2024-01-01"',
  '"true"',
  '"{\\"a\\":[1,2]}"',
  '"a plain text of more than thirty-two bytes in a row"',
  '"]}{[,:"',
  '"\u007f\u2028"',
];
const KEYS = [
  '"a"',
  '"\\u0061"',
  '"b"',
  '"c"',
  '"__proto__"',
  '"é"',
  '"\\u00e9"',
  '"😀"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"a.b"',
  '""',
  '"\\""',
  '"fields"',
  '"x"',
  '"a key of more than sixteen bytes"',
];

const space = fc.constantFrom(...SPACES);
const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false'),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...STRINGS),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
);

const wrap = (open: string, close: string, parts: readonly string[], gap: string): string =>
  open + gap + parts.join(`${gap},${gap}`) + gap + close;

const { value, object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  object: fc
    .tuple(fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('value'), space), { maxLength: 6 }), space)
    .map(([members, gap]) =>
      wrap(
        '{',
        '}',
        members.map(([key, text, at]) => `${key}${at}:${at}${text}`),
        gap,
      ),
    ),
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    scalar,
    tie('object'),
    fc.tuple(fc.array(tie('value'), { maxLength: 5 }), space).map(([items, gap]) => wrap('[', ']', items, gap)),
  ),
}));

/** JSON text of an object: repeated and escaped keys, every kind of value, white space. */
export const objectText = object;

/** JSON text of a key. */
export const keyText = fc.constantFrom(...KEYS);

/** JSON text of any value. */
export const valueText = fc.tuple(space, value, space).map((parts) => parts.join(''));

/** Text after random damage: bytes flipped, cut or put in. */
export const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(text, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 }), fc.nat(255)), { maxLength: 3 }))
    .map(([source, hits]) => {
      const bytes = [...Buffer.from(source)];
      for (const [at, kind, byte] of hits) {
        const i = at % (bytes.length + 1);
        if (kind === 0) bytes[i] = byte;
        else if (kind === 1) bytes.splice(i, 1);
        else bytes.splice(i, 0, byte);
      }
      return Uint8Array.from(bytes);
    });

/** Events from texts, one behind the other. With `gap`, that many bytes that belong to no event stand between them. */
export function eventsOf(texts: readonly (string | Uint8Array)[], gap = 0): Events {
  const parts = texts.map((text) => (typeof text === 'string' ? Buffer.from(text) : text));
  const text = new Uint8Array(parts.reduce((sum, part) => sum + part.length + gap, 0)).fill(0x22);
  const start = new Uint32Array(parts.length);
  const end = new Uint32Array(parts.length);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    text.set(part, at);
    start[i] = at;
    end[i] = at + part.length;
    at += part.length + gap;
  }
  return { text, start, end, length: parts.length };
}

/** Options of unpack for a test to change: what the transform has by default, without its limits. */
export const unpackDefaults: UnpackOptions = {
  field: ['log'],
  into: null,
  prefix: '',
  conflict: 'inner_wins',
  protect: ['@timestamp', 'kubernetes', 'docker'],
  keep: 'on_error',
  depth: 1,
  maxBytes: 4 << 20,
  maxFields: 1_000_000,
  onErrorKeep: true,
};

/** Texts of all events. */
export const textsOf = (e: Events): string[] =>
  Array.from({ length: e.length }, (_, i) => Buffer.from(e.text.subarray(e.start[i], e.end[i])).toString());

const GUARD = 0xa5;

/** A kernel whose guard bytes are marked, and a check that throws when one of them has changed. */
export function guardedKernel(): { k: Kernel; checkGuards(): void } {
  const k = createKernel();
  const regions = Object.entries(REGION);
  for (const [, region] of regions) k.bytes.fill(GUARD, region.end + PAD, region.end + GAP);
  const checkGuards = (): void => {
    for (const [name, region] of regions) {
      const guards = k.bytes.subarray(region.end + PAD, region.end + GAP);
      const broken = guards.findIndex((byte) => byte !== GUARD);
      if (broken >= 0) throw new Error(`guard byte ${broken} behind region ${name} was written`);
    }
  };
  return { k, checkGuards };
}
