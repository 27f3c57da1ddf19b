import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { fields } from './fields.ts';

test.each(fields.examples)('example: $title', async ({ config, input, output, files }) => {
  expect((await transformHarness(fields, config, files)).run(input).events).toEqual(output);
});
