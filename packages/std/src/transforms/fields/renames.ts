import { KEY_ESCAPED, UNKNOWN, UNKNOWN_ROW } from '@tailrace/kernel';
import type { EditBuffer } from './edits.ts';
import { safeKey } from './names.ts';
import type { Plan, PlanNode } from './plan.ts';
import type { Reported } from './quick.ts';

/** Undeclared keys with dots that simply get their safe form, known from an event that went the long way with them. */
export interface KnownRenames {
  /** Edits the keys of an event in the rows `[from, to)` that are reported for their dots; false: the event needs the long way. */
  settle(event: Reported, rows: Uint32Array, from: number, to: number, edits: EditBuffer): boolean;
  /** Notes the member of a row of an event whose undeclared fields were all let in. */
  learn(event: Reported, rows: Uint32Array, row: number, plan: Plan): void;
}

const MOST = 4096;
const QUOTE = 34;

/** Creates a memory of keys; it takes at most 4,096. */
export function knownRenames(): KnownRenames {
  /** By the low half of the path's hash: the other half, and the key's text with its quotes. */
  const keys = new Map<number, { readonly high: number; readonly text: string }>();
  return {
    settle(event, rows, from, to, edits) {
      const given = new Set<string>();
      for (let row = from; row < to; row += UNKNOWN_ROW) {
        const flags = rows[row + 7];
        if (flags === 0) continue;
        const known = flags === UNKNOWN.dot ? keys.get(rows[row + 5]!) : undefined;
        if (!known || known.high !== rows[row + 6] || given.has(known.text)) return false;
        if ((rows[row + 4]! & KEY_ESCAPED) !== 0 || mayHave(event, known.text)) return false;
        given.add(known.text);
        edits.add(rows[row]!, rows[row + 1]!, keyEnd(event.text, rows[row + 1]!), known.text);
      }
      return true;
    },
    learn(event, rows, row, plan) {
      if (keys.size === MOST || (rows[row + 4]! & KEY_ESCAPED) !== 0) return;
      const at = rows[row + 1]!;
      const key = event.text.toString('utf8', at + 1, keyEnd(event.text, at) - 1);
      const safe = safeKey(key);
      const text = JSON.stringify(safe);
      // Anywhere, since the row does not say which object the member stands in.
      if (isDeclared(plan.root, key.split('.')) || isDeclared(plan.root, [safe]) || mayHave(event, text)) return;
      keys.set(rows[row + 5]!, { high: rows[row + 6]!, text });
    },
  };
}

/** Whether some object of the event may have the key already, maybe written with escapes. */
function mayHave({ text, start, end }: Reported, key: string): boolean {
  const event = text.subarray(start, end);
  return event.includes(key) || event.includes('\\u');
}

/** Behind the closing quote of the key without escapes whose opening quote is at `at`. */
function keyEnd(text: Buffer, at: number): number {
  return text.indexOf(QUOTE, at + 1) + 1;
}

/** Whether the keys lead from any declared object to something declared. */
function isDeclared(node: PlanNode, keys: readonly string[]): boolean {
  let target: PlanNode | undefined = node;
  for (const key of keys) target = target?.children.get(key);
  return target !== undefined || [...node.children.values()].some((child) => isDeclared(child, keys));
}
