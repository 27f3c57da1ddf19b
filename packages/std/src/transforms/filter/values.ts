import { ESCAPED, type Events, ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';

/** Reads values that the kernel located, as CEL has them: integers as `bigint`, missing members as null. */
export function readValues(events: Events, table: Uint32Array, paths: number): (i: number, into: unknown[]) => void {
  const bytes = Buffer.from(events.text.buffer, events.text.byteOffset, events.text.byteLength);
  return (i, into) => {
    let row = i * paths * ROW;
    for (let k = 0; k < paths; k++, row += ROW) {
      into[k] = readValue(bytes, table[row + 1]!, table[row + 2]!, table[row + 3]!);
    }
  };
}

/** One value of the table: its type column says what it is. */
export function readValue(bytes: Buffer, start: number, end: number, type: number): unknown {
  switch (type & TYPE_MASK) {
    case TYPE.missing:
    case TYPE.null:
      return null;
    case TYPE.true:
      return true;
    case TYPE.false:
      return false;
    case TYPE.string:
      if ((type & ESCAPED) === 0) return bytes.toString('utf8', start + 1, end - 1);
      return JSON.parse(bytes.toString('utf8', start, end));
    case TYPE.integer:
      return BigInt(bytes.toString('latin1', start, end));
    case TYPE.number:
      return Number(bytes.toString('latin1', start, end));
  }
  return JSON.parse(bytes.toString('utf8', start, end), integersAsBigInt as (key: string, value: unknown) => unknown);
}

function integersAsBigInt(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
