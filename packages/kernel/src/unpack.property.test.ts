import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  damaged,
  eventsOf,
  guardedKernel,
  keyText,
  objectText,
  textsOf,
  unpackDefaults,
  valueText,
} from './arbitrary.ts';
import { parseTree, printTree } from './tree.ts';
import { parseLossless } from './twin.ts';
import { type Unpacked, unpack } from './unpack.ts';
import { printDecoded, unpackTwin } from './unpack.twin.ts';
import { CONFLICT, type UnpackOptions } from './unpack-options.ts';

const { k, checkGuards } = guardedKernel();

const run = (texts: readonly (string | Uint8Array)[], options: Partial<UnpackOptions> = {}): Unpacked =>
  unpack(k, eventsOf(texts), { ...unpackDefaults, ...options });

/** JSON text of a string: all of its characters escaped when `all`. */
const quoted = (text: string, all: boolean): string =>
  all
    ? `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(text);

test('any value nested 1 to 3 times comes out equal, its numbers with their bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(valueText, fc.integer({ min: 1, max: 3 }), fc.boolean()), { minLength: 1, maxLength: 6 }),
      (values) => {
        const texts = values.map(([value, times, all]) => {
          let text = value;
          for (let n = 1; n < times; n++) text = quoted(text, all);
          return `{"log":${quoted(`${text}\n`, all)}}`;
        });
        for (const times of [1, 2, 3]) {
          const chosen = texts.filter((_, i) => values[i]![1] === times);
          const out = textsOf(run(chosen, { into: 'x', depth: times }));
          const expected = values.filter((value) => value[1] === times).map(([value]) => value);
          expect(out.map((text) => parseLossless(text))).toEqual(
            expected.map((value) => ({ x: parseLossless(value) })),
          );
        }
      },
    ),
    { numRuns: 200 },
  );
  checkGuards();
});

const extraKey = fc.oneof(
  { weight: 3, arbitrary: keyText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"log"',
      '"log_a"',
      '"log_log_a"',
      '"log_inner"',
      '"p_a"',
      '"p_log"',
      '"\\u0070_b"',
      '"@timestamp"',
    ),
  },
);
const member = fc.tuple(extraKey, valueText).map(([key, value]) => `${key}:${value}`);
const innerObject = fc.array(member, { maxLength: 7 }).map((members) => `{${members.join(',')}}`);
const innerText = fc.oneof(
  { weight: 4, arbitrary: innerObject },
  { weight: 1, arbitrary: valueText },
  { weight: 1, arbitrary: damaged(innerObject).map((bytes) => Buffer.from(bytes).toString()) },
  { weight: 1, arbitrary: innerObject.map((text) => `{"log":${JSON.stringify(text)},"a":0}`) },
  { weight: 1, arbitrary: innerObject.map((text) => `${JSON.stringify(text)}\r\n`) },
);
const fieldMember = fc
  .tuple(
    fc.constantFrom('"log":', '"log" : ', '"\\u006cog":', '"a":', '"fields":{"x":1,"log":'),
    innerText,
    fc.boolean(),
  )
  .map(([key, text, all]) => `${key}${quoted(text, all)}${key.includes('{') ? '}' : ''}`);
const eventText = fc
  .tuple(fc.array(member, { maxLength: 4 }), fieldMember, fc.array(member, { maxLength: 2 }))
  .map(([before, field, after]) => `{${[...before, field, ...after].join(' , ')}}`);
const options: fc.Arbitrary<UnpackOptions> = fc.record({
  field: fc.constantFrom(['log'], ['log'], ['log'], ['fields', 'log'], ['a']),
  into: fc.constantFrom(null, null, null, 'a', 'x', 'log'),
  prefix: fc.constantFrom('', '', 'p_', 'é"'),
  conflict: fc.constantFrom(...(Object.keys(CONFLICT) as (keyof typeof CONFLICT)[])),
  protect: fc.constantFrom([], ['a', '@timestamp'], ['p_a', 'é']),
  keep: fc.constantFrom('never', 'on_error', 'always'),
  depth: fc.integer({ min: 1, max: 3 }),
  maxBytes: fc.constantFrom(1 << 20, 1 << 20, 60),
  maxFields: fc.constantFrom(1000, 1000, 3),
  onErrorKeep: fc.boolean(),
});

test('does what the plain twin does, whatever the options', () => {
  const outcomes = ['untouched', 'unpacked'];
  fc.assert(
    fc.property(fc.array(fc.oneof(eventText, objectText), { minLength: 1, maxLength: 4 }), options, (texts, o) => {
      const out = run(texts, o);
      for (const [i, text] of texts.entries()) {
        const bytes = Buffer.from(text).toString('latin1');
        const found = Buffer.from(out.text.subarray(out.start[i], out.end[i])).toString('latin1');
        const expected = unpackTwin(bytes, o);
        expect([outcomes[out.status[i]!] ?? 'refused', printDecoded(parseTree(found))]).toEqual([
          expected.outcome,
          printDecoded(parseTree(expected.text)),
        ]);
        // Unpacked into a member that holds the same already, the event says the same and is written anew.
        const stays = expected.outcome !== 'unpacked' && printTree(parseTree(bytes)) === expected.text;
        if (stays) expect(found).toBe(bytes);
      }
    }),
    { numRuns: 1000 },
  );
  checkGuards();
});

const wideKey = fc.tuple(fc.nat(140), fc.boolean()).map(([n, spelled]) => `"${spelled ? '\\u006b' : 'k'}${n}"`);
const wideObject = fc
  .array(wideKey, { minLength: 40, maxLength: 200 })
  .map((keys) => `{${keys.map((key, i) => `${key}:${i}`).join(',')}}`);

test('does what the twin does with objects of many members', () => {
  fc.assert(
    fc.property(wideObject, wideObject, options, (outer, inner, o) => {
      const event = `{"log":${JSON.stringify(inner.replace(/}$/, `,"o":${outer}}`))},${outer.slice(1)}`;
      const wide = { ...o, field: ['log'], maxBytes: 1 << 20, maxFields: 1000, prefix: o.prefix === '' ? '' : 'k1' };
      const out = run([event], wide);
      const expected = unpackTwin(event, wide);
      expect(out.status[0]).toBe(1);
      expect(printDecoded(parseTree(textsOf(out)[0]!))).toBe(printDecoded(parseTree(expected.text)));
    }),
    { numRuns: 100 },
  );
  checkGuards();
});

test('is right exactly when JSON.parse is, on damaged inner text', () => {
  fc.assert(
    fc.property(
      fc.array(
        damaged(valueText).map((bytes) => Buffer.from(bytes).toString()),
        { minLength: 1, maxLength: 6 },
      ),
      (texts) => {
        const { status } = run(
          texts.map((text) => JSON.stringify({ log: text })),
          { into: 'x' },
        );
        expect([...status].map((code) => code === 1)).toEqual(texts.map(parses));
      },
    ),
    { numRuns: 300 },
  );
});

test('damaged events are refused or come out valid, and trap nothing', () => {
  fc.assert(
    fc.property(fc.array(damaged(eventText), { minLength: 1, maxLength: 6 }), options, (texts, o) => {
      const out = run(texts, o);
      for (let i = 0; i < out.length; i++) {
        const event = Buffer.from(out.text.subarray(out.start[i], out.end[i]));
        if (out.status[i] === 1) expect(() => JSON.parse(event.toString())).not.toThrow();
        else if (o.keep !== 'never') expect(event.equals(texts[i]!)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
  checkGuards();
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
