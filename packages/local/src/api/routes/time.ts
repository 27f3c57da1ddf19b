import { integer } from '@tailrace/core';

/** What a Date can hold (ECMA-262, 21.4.1.1). */
const LATEST = 8.64e15;

/** The stretch of time that a question is about. */
export const TIME = {
  from: integer({ description: 'Begin, Unix milliseconds.', required: true, minimum: 0, maximum: LATEST }),
  to: integer({ description: 'End, Unix milliseconds, not in it.', required: true, minimum: 0, maximum: LATEST }),
};
