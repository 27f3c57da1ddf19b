import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MARKER, shortenText, shortenTexts } from './shorten.ts';

const short = (value: unknown, room: number) => shortenTexts(Buffer.from(JSON.stringify(value)), room)?.toString();

describe('an object', () => {
  test('keeps everything but the end of its longest text', () => {
    const event = { a: 'short', message: 'x'.repeat(1000), n: 1.5, list: ['y'.repeat(100)] };
    const result = short(event, 500)!;
    expect(Buffer.byteLength(result)).toBe(500);
    const { message } = JSON.parse(result) as typeof event;
    expect(JSON.parse(result)).toEqual({ ...event, message });
    expect(message).toBe(`${'x'.repeat(message.length - MARKER.length)}${MARKER}`);
  });

  test('has several texts cut when one is not enough, the longest first', () => {
    const result = JSON.parse(short({ a: 'x'.repeat(300), b: 'y'.repeat(200), c: 'z'.repeat(20) }, 150)!) as object;
    expect(result).toEqual({ a: MARKER, b: expect.stringMatching(/^y+\.\.\.TRUNC/) as string, c: 'z'.repeat(20) });
  });

  test('keeps its keys, however long', () => {
    expect(short({ ['k'.repeat(1000)]: 1 }, 500)).toBeUndefined();
    expect(short({ ['k'.repeat(1000)]: 'v'.repeat(1000) }, 1200)).toMatch(/^\{"k{1000}":"v+\.\.\.TRUNCATED\.\.\."\}$/);
  });

  test('of numbers only is told to be too long', () => {
    expect(short({ list: Array.from({ length: 1000 }, (_, n) => n) }, 500)).toBeUndefined();
  });

  test.each([
    ['two bytes', 'é'],
    ['three bytes', '東'],
    ['four bytes', '😀'],
    ['an escape', '\n'],
    ['an escaped character', '\u0001'],
    ['an escaped backslash', '\\'],
  ])('is never cut within %s', (_, character) => {
    for (let room = 100; room < 130; room++) {
      const { message } = JSON.parse(short({ message: character.repeat(500) }, room)!) as { message: string };
      const kept = message.slice(0, -MARKER.length);
      expect(kept).toBe(character.repeat(kept.length / character.length));
    }
  });

  test('is never cut between two escaped surrogates', () => {
    const json = Buffer.from(`{"message":"${'\\ud83d\\ude00'.repeat(50)}"}`);
    for (let room = 100; room < 130; room++) {
      const { message } = JSON.parse(shortenTexts(json, room)!.toString()) as { message: string };
      expect(message.slice(0, -MARKER.length)).toMatch(/^(?:😀)+$/u);
    }
  });

  test('is valid JSON with the same keys and numbers, and fits', () => {
    const leaf = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer(), fc.constantFrom(null, true));
    const event = fc.dictionary(
      fc.string({ maxLength: 5 }),
      fc.oneof(leaf, fc.array(leaf), fc.dictionary(leaf.map(String), leaf)),
    );
    fc.assert(
      fc.property(event, fc.double({ min: 0.3, max: 1, noNaN: true }), (value, share) => {
        const json = JSON.stringify(value);
        const room = Math.floor(Buffer.byteLength(json) * share);
        const result = shortenTexts(Buffer.from(json), room);
        if (!result) return;
        expect(result.length).toBeLessThanOrEqual(room);
        expect(withoutTexts(JSON.parse(result.toString()))).toEqual(withoutTexts(JSON.parse(json)));
      }),
      { numRuns: 200 },
    );
  });
});

function withoutTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) => (typeof item === 'string' ? '' : item));
}

test('the inside of a text fits with its marker', () => {
  expect(shortenText(Buffer.from('abc'), 3).toString()).toBe('abc');
  expect(shortenText(Buffer.from('é'.repeat(20)), 22).toString()).toBe(`${'é'.repeat(3)}${MARKER}`);
});
