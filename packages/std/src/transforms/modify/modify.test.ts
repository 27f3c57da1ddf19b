import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { examples } from './examples.ts';
import { modify } from './modify.ts';

test.each(examples)('$title', async ({ config, input, output }) => {
  expect((await transformHarness(modify, config)).run(input).events).toEqual(output);
});
