import type { LogBatch, Path } from '@tailrace/core';
import { parseTree, printValue } from '../fields/event-tree.ts';

/** An escape of an ASCII letter, digit or sign: a key may be written with it. */
const ESCAPE = Buffer.from('\\u00');
const PLAIN = /^[\w@. -]*$/;

/**
 * Makes events single-valued before something in them is hidden: JSON may name a member twice, all look at the last one only, and
 * the others would leave the process as they came. Batches without such events are given back as they are.
 */
export function withoutNamesakes(hidden: readonly Path[]): (batch: LogBatch) => LogBatch {
  const keys = new Set(hidden.flatMap(({ steps }) => steps.filter((step) => typeof step === 'string')));
  if (keys.size === 0) return (batch) => batch;
  const needles = [...keys].map((key) => Buffer.from(JSON.stringify(key)));
  const arePlain = [...keys].every((key) => PLAIN.test(key));
  const mayStandTwice = (event: Buffer): boolean =>
    !arePlain ||
    mayHoldEscapedKey(event) ||
    needles.some((needle) => event.indexOf(needle) !== event.lastIndexOf(needle));
  return (batch) => {
    const { text, start, end, length } = batch.events();
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    const single = new Map<number, string>();
    for (let i = 0; i < length; i++) {
      const event = bytes.subarray(start[i], end[i]);
      if (!mayStandTwice(event)) continue;
      const { source, root } = parseTree(event.toString());
      // Reading marks what it left out of the tree: members whose key comes again.
      if (root.changed) single.set(i, printValue(source, root));
    }
    if (single.size === 0) return batch;
    const all = Array.from({ length }, (_, i) => i);
    return batch.derive(
      all,
      all.map((i) => single.get(i) ?? batch.text(i)),
    );
  };
}

function mayHoldEscapedKey(event: Buffer): boolean {
  for (let at = event.indexOf(ESCAPE); at >= 0; at = event.indexOf(ESCAPE, at + 1)) {
    const digit = event[at + ESCAPE.length]!;
    if (digit >= 0x32 && digit <= 0x37) return true;
  }
  return false;
}
