import { anyOf, boolean, list, number, string } from '@tailrace/core';
import type { Condition } from '@tailrace/dashboards';
import { exactly, record } from './declare.ts';

/** Conditions come from outside, too, and so have limits. */
const MOST_TEXT = 4096;

const field = string({ description: 'Path of a field.', required: true, minLength: 1, maxLength: 500 });
const word = string({ description: 'A text.', required: true, maxLength: MOST_TEXT });
const figure = number({ description: 'A number.', required: true });
const value = anyOf(
  [
    word,
    figure,
    boolean({ description: 'A truth value.', required: true }),
    list(anyOf([word, figure], { description: 'A value.', required: true }), {
      description: 'One of these.',
      required: true,
      maxItems: 1000,
    }),
  ],
  { description: 'A value, or one of several.', required: true },
);

/** A condition on one field. */
export const condition = exactly<Condition>()(
  anyOf(
    [
      record('The field has this value.', { field, is: value }),
      record('The field has another value, or none.', { field, isNot: value }),
      record('The field is there, or is not.', { field, exists: boolean({ description: 'Whether.', required: true }) }),
      record('The text begins so.', { field, startsWith: word }),
      record('The text does not begin so.', { field, startsNotWith: word }),
      record('The number is at least so much.', { field, atLeast: figure }),
      record('The number is less.', { field, below: figure }),
    ],
    { description: 'A condition on one field of an event.', required: true },
  ),
);
