import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTraceparent } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`00-${TRACE}-${SPAN}-ff`, 255],
  [`cc-${TRACE}-${SPAN}-03`, 3],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 1],
  [`fe-${TRACE}-${SPAN}-01-`, 1],
])('%s is read', (text, flags) => {
  expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, flags });
});

test.each([
  ['version ff', `ff-${TRACE}-${SPAN}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['something behind version 00', `00-${TRACE}-${SPAN}-01-x`],
  ['something behind a newer version without a dash', `01-${TRACE}-${SPAN}-01x`],
  ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['a long span id', `00-${TRACE}-${SPAN}0-01`],
  ['no flags', `00-${TRACE}-${SPAN}`],
  ['one digit of flags', `00-${TRACE}-${SPAN}-1`],
  ['other letters', `00-${TRACE.replace('4', 'g')}-${SPAN}-01`],
  ['white space around it', ` 00-${TRACE}-${SPAN}-01 `],
  ['a line feed behind it', `00-${TRACE}-${SPAN}-01\n`],
  ['nothing', ''],
  ['a longer text than any', `01-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`],
])('%s is none', (_what, text) => {
  expect(parseTraceparent(text)).toBeNull();
});

test('all ids and flags come back as they were written', () => {
  const digits = (n: number) =>
    fc.uint8Array({ minLength: n, maxLength: n }).map((bytes) => Buffer.from(bytes).toString('hex'));
  const property = fc.property(digits(16), digits(8), fc.integer({ min: 0, max: 255 }), (traceId, spanId, flags) => {
    fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId));
    const text = `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
    expect(parseTraceparent(text)).toEqual({ traceId, spanId, flags });
  });
  fc.assert(property, { numRuns: 200 });
});
