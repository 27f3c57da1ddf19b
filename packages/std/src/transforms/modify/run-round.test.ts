import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { expect, test } from 'vitest';
import { run } from './modify.fixture.ts';

test('an event does not grow beyond what the kernel takes; others are not held up', async () => {
  const text = 'y'.repeat(MAX_EVENT_BYTES / 2);
  const operations = [
    { copy: { from: 'a', to: 'b' } },
    { copy: { from: 'b', to: 'c' } },
    { set: { field: 'done', value: true } },
  ];
  const { texts, errors } = await run(operations, [{ a: 'x' }, { a: text }, { a: 'z' }]);
  expect(texts.map((one) => (JSON.parse(one) as { done: boolean }).done)).toEqual([true, true, true]);
  expect(texts[1]!.length).toBeLessThan(MAX_EVENT_BYTES);
  expect(JSON.parse(texts[2]!)).toEqual({ a: 'z', b: 'z', c: 'z', done: true });
  expect(errors).toEqual({ too_large: 1 });
});

test('what fits is done to an event of the largest size, even where the old and the new value together would not', async () => {
  const event = (rest: number, letter = 'y'): string => `{"a":"${letter.repeat(rest)}"}`;
  const most = MAX_EVENT_BYTES - 32;
  const half = { truncate: { fields: ['a'], limit: MAX_EVENT_BYTES / 2, unit: 'bytes', marker: '' } };
  const rename = { rename: { from: 'a', to: 'b' } };
  const done = await run([half, { upper: { fields: ['a'] } }, rename], [event(most)]);
  expect(done.errors).toEqual({});
  expect(done.texts[0] === event(MAX_EVENT_BYTES / 2, 'Y').replace('a', 'b')).toBe(true);
  const whole = await run([{ upper: { fields: ['a'] } }], [event(most)]);
  expect(whole.errors).toEqual({});
  expect(whole.texts[0] === event(most, 'Y')).toBe(true);
  const item = await run([{ upper: { fields: ['a[0]'] } }], [`{"a":["${'y'.repeat(most - 2)}"]}`]);
  expect(item.errors).toEqual({ too_large: 1 });
});
