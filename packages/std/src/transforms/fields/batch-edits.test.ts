import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { fields } from './fields.ts';

const declared = { port: { type: 'long' }, user: { type: 'keyword' }, 'a.b': { type: 'long' } };
const harness = (config: object) => transformHarness(fields, config);

test('no exception, no new text', async () => {
  const { run: again } = await harness({ fields: declared });
  const event = { port: 1, user: 'x', new: 1 };
  again([event]);
  const done = again([event, event]);
  expect(done.batches[0]!.lineage.input).toBeNull();
  expect(done.texts).toEqual([JSON.stringify(event), JSON.stringify(event)]);
});

test('what is no JSON, or too large to change, goes to the dead letters', async () => {
  const large = `{"port":"1","x":"${'y'.repeat(4 << 20)}"}`;
  const { texts, rejected, errors } = (await harness({ fields: declared })).run([
    '{"port":"1"}',
    '{"port":',
    large,
    '{"port":"2"}',
  ]);
  expect(texts).toEqual(['{"port":1}', '{"port":2}']);
  expect(rejected.map(({ i, code }) => [i, code])).toEqual([
    [1, 'not_json'],
    [2, 'too_large'],
  ]);
  expect(errors).toEqual({ not_json: 1, too_large: 1 });
});

test('a batch of large edits leaves the next one as it should be', async () => {
  const { run: again } = await harness({ fields: declared });
  const large = (port: number) => `{"port":"${port}","a.b":${port},"x":"${'é'.repeat(700_000)}"}`;
  const events = [1, 2, 3, 4].map(large);
  for (let round = 0; round < 2; round++) {
    const moved = again(events).texts.map((text) => JSON.parse(text) as { port: number; a: { b: number } });
    expect(moved.map(({ port, a }) => [port, a.b])).toEqual([1, 2, 3, 4].map((port) => [port, port]));
  }
  expect(again(['{"port":"5"}', '{"user":7}']).texts).toEqual(['{"port":5}', '{"user":"7"}']);
});
