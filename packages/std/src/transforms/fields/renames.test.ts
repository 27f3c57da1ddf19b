import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { fields } from './fields.ts';

/** What events become one after the other; each comes twice, since the second time its keys are known. */
async function passed(texts: readonly string[], declared: object = { a: { type: 'keyword' } }): Promise<string[]> {
  const { run } = await transformHarness(fields, { fields: declared });
  return texts.map((text) => {
    const [first] = run([text]).texts;
    const [second] = run([text]).texts;
    expect(second).toBe(first);
    return first!;
  });
}

test('a known key with dots gets its safe form where it stands, and nothing else changes', async () => {
  const { run } = await transformHarness(fields, { fields: { a: { type: 'keyword' } } });
  const [first] = run(['{ "h" : { "x.y" : 1.0 } }']).texts;
  expect(first).toBe('{"h":{"x_y":1.0}}');
  expect(run(['{ "h" : { "x.y" : [1.0] }, "a":"b" }']).texts).toEqual(['{ "h" : { "x_y" : [1.0] }, "a":"b" }']);
});

test.each([
  ['{"x.y":1,"x_y":2}', '{"x_y_":1,"x_y":2}'],
  ['{"x_y":2,"x.y":1}', '{"x_y":2,"x_y_":1}'],
  ['{"x.y":1,"x\\u005fy":2}', '{"x_y_":1,"x\\u005fy":2}'],
  ['{"x.y":1,"x.y":2}', '{"x_y":2}'],
  ['{"x.y":1,"a":7}', '{"x_y":1,"a":"7"}'],
  ['{"x.y":{"z":1}}', '{"x_y":{"z":1}}'],
  ['{"x.y":[{"z.z":1}]}', '{"x_y":[{"z_z":1}]}'],
  ['{"x\\u002ey":1}', '{"x_y":1}'],
])('once it is known, %s becomes what it would have been', async (text, wanted) => {
  expect(await passed(['{"x.y":1}', '{"x.y":1}', text])).toEqual(['{"x_y":1}', '{"x_y":1}', wanted]);
});

test('two keys that would get the same name do not', async () => {
  const texts = ['{"a.b_c":1}', '{"a_b.c":1}', '{"a.b_c":1,"a_b.c":2}'];
  expect(await passed(texts, { z: { type: 'long' } })).toEqual([
    '{"a_b_c":1}',
    '{"a_b_c":1}',
    '{"a_b_c":1,"a_b_c_":2}',
  ]);
});

test('a key that is declared with dots, or whose safe form is, is left to the long way', async () => {
  const declared = { 'o.x_y': { type: 'long' }, 'p.q.r': { type: 'long' } };
  const texts = ['{"o":{"x.y":"1"},"x_y":2}', '{"o":{"x.y":"1"}}', '{"p":{"q":{"r":1},"q.r":2}}', '{"p":{"q.r":"3"}}'];
  expect(await passed(texts, declared)).toEqual([
    '{"o":{"x_y_":"1"},"x_y":2}',
    '{"o":{"x_y_":"1"}}',
    '{"p":{"q":{"r":1},"q_r":2}}',
    '{"p":{"q":{"r":3}}}',
  ]);
});
