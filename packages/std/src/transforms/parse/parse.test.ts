import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { parse } from './parse.ts';

test.each(parse.examples)('example: $title', async ({ config, input, output }) => {
  expect((await transformHarness(parse, config)).run(input).events).toEqual(output);
});
