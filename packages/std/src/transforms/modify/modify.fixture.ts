import { type Transformed, transformHarness } from '@tailrace/testkit';
import { modify } from './modify.ts';
import type { OperationOptions } from './options.ts';

/** An entry of `operations` as it is configured. */
export type Entry = { readonly [K in keyof OperationOptions]: unknown };

/** Does operations to events; `more` are options of the transform. */
export async function run(
  operations: readonly Entry[],
  events: readonly (object | string)[],
  more: object = {},
): Promise<Transformed> {
  return (await transformHarness(modify, { operations, ...more })).run(events);
}
