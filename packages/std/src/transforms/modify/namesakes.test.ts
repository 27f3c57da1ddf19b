import { batchOfTexts, transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { type Entry, run } from './modify.fixture.ts';
import { modify } from './modify.ts';

const key = 'sixteen bytes or more';

test.each<[string, Entry, string]>([
  ['twice', { mask: { fields: ['p'] } }, '{"p":"SECRET","p":"SECRET"}'],
  ['in an object that is there twice', { hash: { fields: ['u.p'], key } }, '{"u":{"p":"SECRET"},"u":{"p":"SECRET"}}'],
  ['with another escape', { mask: { fields: ['p'] } }, '{"\\u0070":"SECRET","p":"SECRET"}'],
  ['below an object that comes again', { remove: { fields: ['u.p'] } }, '{"u":{"p":"SECRET"},"u":{"q":1}}'],
  ['under a key that JSON can write in many ways', { mask: { fields: ['"é"'] } }, '{"\\u00e9":"SECRET","é":"SECRET"}'],
])('what is hidden is hidden where a member stands %s', async (_, entry, text) => {
  const { texts } = await run([entry], ['{"x":1}', text]);
  expect(texts[0]).toBe('{"x":1}');
  expect(texts[1]).not.toContain('SECRET');
});

test('an event whose members stand once is not written anew for looking so', async () => {
  const text = '{ "q": "p", "u": {"p": 1.0}, "e": "\\u003c", "p": "x" }';
  const done = await run([{ mask: { fields: ['p'] } }], [text]);
  expect(done.texts).toEqual([text.replace('"x"', '"*"')]);
  expect(done.batches[0]!.lineage.input).toBeNull();
});

test('an event made single-valued keeps its place and identity', async () => {
  const batch = batchOfTexts(['{"p":1,"p":2}', '{"a":1}']);
  const ids = [batch.id(0), batch.id(1)];
  const { batches } = (await transformHarness(modify, { operations: [{ remove: { fields: ['p'] } }] })).runBatch(batch);
  expect([batches[0]!.id(0), batches[0]!.id(1)]).toEqual(ids);
});
