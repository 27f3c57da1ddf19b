import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import type { Table } from './tables.ts';

/**
 * Thrown by readers that go through bytes once, when a message has a field in a way that they are not made for: twice where there is
 * one, or several of a oneof. No encoder writes that; protobuf allows it.
 */
export class Irregular extends Error {
  override readonly name = 'Irregular';
}

/** The message with each field once, as protobuf reads it, in the order of the field numbers. Unknown fields are left out. */
export function regular(table: Table, bytes: Uint8Array): Uint8Array {
  return encodeMessage(table, decodeMessage(table, bytes));
}
