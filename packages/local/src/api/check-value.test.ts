import { anyOf, boolean, integer, type JsonSchema, list, number, object, oneOf, string } from '@tailrace/core';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultOf } from './check-value.ts';
import { condition } from './condition-schema.ts';
import { record } from './declare.ts';

const text = string({ description: 'A text.', required: true, minLength: 1, maxLength: 3, pattern: '^[a-c"]*$' });
const SCHEMAS: readonly JsonSchema[] = [
  text.json,
  integer({ description: 'A whole number.', minimum: -2, maximum: 2 }).json,
  number({ description: 'A number.', minimum: -2, maximum: 2 }).json,
  boolean({ description: 'A truth value.' }).json,
  oneOf(['a', 1, null], { description: 'A word.' }).json,
  list(text, { description: 'A list.', minItems: 1, maxItems: 2 }).json,
  object({ a: text, b: boolean({ description: 'A truth value.' }) }).json,
  record('An object.', { a: text }, { b: list(text, { description: 'A list.' }) }).json,
  anyOf([text, record('An object.', { a: text }), list(text, { description: 'A list.' })], { description: 'A choice.' })
    .json,
  condition.json,
];

/** Values that come near what the schemas want. */
const near = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom('', 'a', 'abc', 'abcd', 'd', '"', 0, 1, -2, 2.5, 3, true, null, Number.MAX_VALUE),
    fc.string({ maxLength: 4 }),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'field', 'is', 'isNot', 'exists', 'atLeast', '__proto__'),
      tie('value'),
      {
        maxKeys: 3,
      },
    ),
  ),
})).value;

describe('a value', () => {
  it('has a fault exactly when it does not meet its schema', () => {
    const ajv = new Ajv({ strict: false });
    const validators = SCHEMAS.map((schema) => ({ schema, validate: ajv.compile(schema) }));
    fc.assert(
      fc.property(near, (value) => {
        // What comes over the wire is JSON.
        const sent: unknown = JSON.parse(JSON.stringify(value));
        for (const { schema, validate } of validators) {
          // Whole numbers that a double cannot hold exactly are refused, which JSON Schema does not do.
          if (JSON.stringify(sent)?.includes('e+')) continue;
          expect([faultOf(schema, sent, 'it') === undefined, sent]).toEqual([validate(sent), sent]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [{ field: 'a' }, 'it must be an object with field, is, or an object with field, isNot'],
    [{ field: 'a', is: {} }, 'it.is must be text, or a number, or true or false, or a list'],
    [{ field: '', exists: true }, 'it.field must not be empty'],
    [{ field: 'a', exists: 'yes' }, 'it.exists must be true or false'],
    [{ field: 'a', exists: true, more: 1 }, 'it has no member "more"'],
    [{ field: 'x'.repeat(501), exists: true }, 'it.field must have at most 500 characters'],
    [{ field: 'a', is: Array.from({ length: 1001 }, () => 1) }, 'it.is must'],
  ])('that is a condition: %j is told so', (value, said) => {
    expect(faultOf(condition.json, value, 'it')).toContain(said);
  });
});
