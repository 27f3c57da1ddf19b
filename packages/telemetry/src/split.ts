import { concatBytes } from './bytes.ts';
import type { Table } from './tables.ts';
import { validateField } from './validate.ts';
import type { Wire } from './wire.ts';

/** A message taken apart: the bytes of all its fields but the repeated child, and where each child starts and ends. */
export interface Parts {
  readonly rest: Uint8Array;
  readonly children: readonly number[];
}

/** Takes a message apart. All but the children is validated; of those, only that they end within it. */
export function split(wire: Wire, table: Table, child: number, end: number, depth: number): Parts {
  const rest: number[] = [];
  const children: number[] = [];
  while (wire.pos < end) {
    const at = wire.pos;
    const tag = wire.tag(end);
    if (tag === ((child << 3) | 2)) {
      wire.note(children, end);
      continue;
    }
    validateField(wire, tag, table, end, depth);
    if (rest.at(-1) === at) rest[rest.length - 1] = wire.pos;
    else rest.push(at, wire.pos);
  }
  return { rest: gather(wire.bytes, rest), children };
}

/** The given stretches as one piece. */
export function gather(bytes: Uint8Array, places: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < places.length; i += 2) parts.push(bytes.subarray(places[i]!, places[i + 1]!));
  return concatBytes(parts);
}
