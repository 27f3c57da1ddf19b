import type { NumbersAnswer } from '@tailrace/local';
import { expect, it } from 'vitest';
import { isEmptyAnswer } from './panel-state.ts';

const numbers = (...columns: (number | null)[][]): NumbersAnswer => ({
  ...{ kind: 'numbers', from: 0, to: 1 },
  tables: [{ name: '', groups: [], columns: ['n'], rows: columns.map((each) => ({ groups: [], columns: each })) }],
});

it('an answer is empty without any value; a zero is one', () => {
  expect(isEmptyAnswer(numbers())).toBe(true);
  expect(isEmptyAnswer(numbers([null], [null]))).toBe(true);
  expect(isEmptyAnswer(numbers([null], [0]))).toBe(false);
  expect(isEmptyAnswer({ kind: 'events', columns: [], events: [] })).toBe(true);
});
