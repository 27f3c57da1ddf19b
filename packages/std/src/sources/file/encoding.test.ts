import { createFramer, FLAG, type Framed, type Framer, kernel } from '@tailrace/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentFramer } from '../document-framer.ts';
import { byteOrderOf, createDecoder, type Encoding } from './encoding.ts';
import { transcodingFramer } from './transcoding-framer.ts';

const ENCODINGS: readonly Encoding[] = ['utf-16le', 'utf-16be', 'latin1', 'shift_jis'];
/** Texts that every one of them can write, and their bytes; for Shift_JIS a table made of the decoder itself. */
const WRITABLE: Readonly<Record<Encoding, string>> = {
  'utf-16le': 'aé漢字ｱ𝄞{"x": 1}',
  'utf-16be': 'aé漢字ｱ𝄞{"x": 1}',
  latin1: 'aéÿ€œ{"x": 1}',
  shift_jis: 'a漢字表ｱあ{"x": 1}',
};
const SHIFT_JIS: Readonly<Record<string, readonly number[]>> = {
  漢: [0x8a, 0xbf],
  字: [0x8e, 0x9a],
  // Its second byte is that of a backslash.
  表: [0x95, 0x5c],
  ｱ: [0xb1],
  あ: [0x82, 0xa0],
};
const LATIN1: Readonly<Record<string, number>> = { '€': 0x80, œ: 0x9c };

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  const codes = [...text].flatMap((c) =>
    encoding === 'latin1' ? (LATIN1[c] ?? c.charCodeAt(0)) : (SHIFT_JIS[c] ?? c.charCodeAt(0)),
  );
  return Buffer.from(codes);
}

const judges = new Map(ENCODINGS.map((encoding) => [encoding, new TextDecoder(encoding, { ignoreBOM: true })]));
const decoders = new Map(ENCODINGS.map((encoding) => [encoding, createDecoder(encoding)]));

/** The same text as TextDecoder gives; what is broken in Shift_JIS, libraries take for one or for two characters. */
function judge(bytes: Uint8Array, encoding: Encoding): void {
  const wanted = judges.get(encoding)!.decode(bytes);
  const { text, used } = decoders.get(encoding)!(bytes, true);
  const found = Buffer.from(text).toString();
  if (used !== bytes.length) expect(used).toBe(bytes.length);
  if (found === wanted) return;
  expect([encoding, found]).toEqual(['shift_jis', expect.stringContaining('\ufffd')]);
  expect(wanted).toContain('\ufffd');
}

describe.each(ENCODINGS)('%s', (encoding) => {
  test('decodes any bytes as TextDecoder does', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => judge(bytes, encoding));
    fc.assert(property, { numRuns: 100 });
    for (let pair = 0; pair < 1 << 16; pair += encoding === 'shift_jis' ? 1 : 41) {
      judge(Uint8Array.of(pair >> 8, pair), encoding);
    }
  });

  test('cut anywhere, it is the same text, and every byte of it knows its place', () => {
    const letters = fc.constantFrom(...WRITABLE[encoding]);
    const property = fc.property(fc.string({ unit: letters, maxLength: 30 }), fc.nat(100), (text, at) => {
      const bytes = encode(text, encoding);
      const decode = createDecoder(encoding);
      const cut = at % (bytes.length + 1);
      const first = decode(bytes.subarray(0, cut), false);
      expect(cut - first.used).toBeLessThan(4);
      const head = Buffer.from(first.text).toString();
      const { used } = first;
      const rest = decode(bytes.subarray(used), true);
      expect(head + Buffer.from(rest.text).toString()).toBe(text);
      const places = Array.from(rest.text, (_, i) => rest.placeOf(i));
      const wanted = [...text.slice(head.length)].reduce<{ at: number; all: number[] }>(
        (so, character) => ({
          at: so.at + encode(character, encoding).length,
          all: [...so.all, ...Array.from(Buffer.from(character), () => so.at)],
        }),
        { at: 0, all: [] },
      );
      expect(places).toEqual(wanted.all);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

const TIME = { seconds: 0, nanos: 0 };
const NONE = new Uint8Array(0);

interface Seen {
  readonly log: unknown;
  readonly from: number;
  readonly to: number;
}

function frameAll(framer: Framer, bytes: Uint8Array, cuts: readonly number[]): { seen: Seen[]; repaired: number } {
  const seen: Seen[] = [];
  let repaired = 0;
  let at = 0;
  const see = (framed: Framed): void => {
    const text = Buffer.from(framed.text);
    for (let i = 0; i < framed.length; i++) {
      const event = JSON.parse(text.subarray(framed.start[i], framed.end[i]).toString()) as Record<string, unknown>;
      const { '@timestamp': _, ...rest } = event;
      seen.push({ log: rest['log'] ?? rest, from: framed.offset[i]!, to: framed.endOffset[i]! });
      if ((framed.flags[i]! & FLAG.repaired) !== 0) repaired++;
    }
  };
  for (const border of [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]) {
    for (let more = true; more; ) {
      const framed = framer.frame(bytes.subarray(at, Math.max(at, border)), at, TIME, border === bytes.length);
      see(framed);
      at += framed.consumed;
      more = framed.more;
    }
  }
  expect(at).toBe(bytes.length);
  return { seen, repaired };
}

const linesIn = (encoding: Encoding, maxEventBytes = 1000): Framer =>
  transcodingFramer(createFramer(kernel(), { format: 'text', maxEventBytes, members: NONE }), decoders.get(encoding)!);
const documentsIn = (encoding: Encoding): Framer =>
  transcodingFramer(documentFramer({ maxEventBytes: 1000, members: NONE }), decoders.get(encoding)!);

describe.each(ENCODINGS)('framing %s', (encoding) => {
  const mark = encoding.startsWith('utf-16') ? '\ufeff' : '';
  const words = [...WRITABLE[encoding].slice(0, -8)].join('');
  const lines = [`one ${words}`, words, '', words.repeat(50), 'last'];
  const text = Buffer.concat([encode(mark, encoding), encode(lines.join('\n'), encoding)]);

  test('cut at every byte, the lines and their places are the same', () => {
    const whole = frameAll(linesIn(encoding), text, []);
    expect(whole.seen.map(({ log }) => log)).toEqual(lines.filter((line) => line !== ''));
    expect(whole.repaired).toBe(0);
    for (const { log, from, to } of whole.seen) {
      expect(text.subarray(from, to)).toEqual(encode(log === 'last' ? 'last' : `${String(log)}\n`, encoding));
    }
    for (let cut = 1; cut < text.length; cut += cut < 80 ? 1 : 7) {
      expect(frameAll(linesIn(encoding), text, [cut]).seen).toEqual(whole.seen);
    }
  });

  test('cut at every byte, the documents and their places are the same', () => {
    const values = [{ [words]: [1, words] }, {}, { b: { c: `${words}]}` } }];
    const json = Buffer.concat([
      encode(mark, encoding),
      encode(`[${values.map((v) => JSON.stringify(v, null, 1)).join(' ,\n')}] ${JSON.stringify(words)}`, encoding),
    ]);
    const whole = frameAll(documentsIn(encoding), json, []);
    expect(whole.seen.map(({ log }) => log)).toEqual([...values, JSON.stringify(words)]);
    for (const { log, from, to } of whole.seen) {
      const there = new TextDecoder(encoding).decode(json.subarray(from, to));
      expect(typeof log === 'string' ? there : JSON.parse(there)).toEqual(log);
    }
    for (let cut = 1; cut < json.length; cut++)
      expect(frameAll(documentsIn(encoding), json, [cut]).seen).toEqual(whole.seen);
  });

  test('a line that is too long is cut, and the next one is whole', () => {
    const long = Buffer.concat([encode(`${words.repeat(60_000)}\n`, encoding), encode('next\n', encoding)]);
    const cuts = Array.from({ length: long.length / 100_000 }, (_, i) => i * 100_000 + 1);
    const { seen } = frameAll(linesIn(encoding), long, cuts);
    expect(seen).toHaveLength(2);
    expect(Buffer.byteLength(String(seen[0]?.log))).toBeLessThanOrEqual(1000);
    expect(seen[0]).toMatchObject({ from: 0, to: long.length - encode('next\n', encoding).length });
    expect(seen[1]?.log).toBe('next');
  });
});

test('broken sequences are replaced, and their events are known', () => {
  const wide = Buffer.concat([
    encode('a', 'utf-16le'),
    Buffer.of(0, 0xd8),
    encode('b\nc\n', 'utf-16le'),
    Buffer.of(0x41),
  ]);
  expect(frameAll(linesIn('utf-16le'), wide, [])).toMatchObject({
    seen: [{ log: 'a\ufffdb' }, { log: 'c' }, { log: '\ufffd' }],
    repaired: 2,
  });
  const japanese = Buffer.of(0x61, 0x81, 0x0a, 0x62, 0xa0, 0x0a, 0x63, 0xe0);
  expect(frameAll(linesIn('shift_jis'), japanese, [])).toMatchObject({
    seen: [{ log: 'a\ufffd' }, { log: 'b\ufffd' }, { log: 'c\ufffd' }],
    repaired: 3,
  });
});

test('the mark at the beginning says the byte order', () => {
  const le = Buffer.of(0xff, 0xfe);
  const be = Buffer.of(0xfe, 0xff);
  expect([byteOrderOf(le, 'utf-16be'), byteOrderOf(be, 'utf-16le')]).toEqual(['utf-16le', 'utf-16be']);
  expect([byteOrderOf(be.subarray(1), 'utf-16le'), byteOrderOf(be, 'latin1')]).toEqual(['utf-16le', 'latin1']);
});
