import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

test('each text is asked for once, long ones each time, and not more than a thousand are kept', () => {
  const asked: string[] = [];
  const length = remembered((text) => {
    asked.push(text);
    return text === '' ? null : text.length;
  });
  const long = 'x'.repeat(201);
  expect(['a', '', 'a', '', long, long].map(length)).toEqual([1, null, 1, null, 201, 201]);
  expect(asked).toEqual(['a', '', long, long]);
  for (let i = 0; i < 1000; i++) length(`${i}`);
  asked.length = 0;
  expect([length('a'), length('999')]).toEqual([1, 3]);
  expect(asked).toEqual(['a']);
});
