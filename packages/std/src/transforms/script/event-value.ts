import type { Json } from '@tailrace/core';

/** An event as an object. */
export type EventObject = { [key: string]: Json };

/** As deep as JSON may be nested anywhere in a pipeline. */
const MAX_DEPTH = 1000;
const MAX_VALUES = 1_000_000;

/** Why a value that a function returned is no event; `null` when it is one. */
export function eventFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${kindOf(value)} where an event is expected`;
  if (value instanceof Promise) return `a promise${ignored(value)}`;
  return jsonFault(value);
}

/** Nobody waits for a promise: if it fails later, that must not end the process. */
function ignored(promise: Promise<unknown>): string {
  promise.catch(() => undefined);
  return ': the function must not be async';
}

/** What keeps an object from being written as JSON. */
function jsonFault(root: object): string | null {
  const around = new Set<object>();
  let values = 0;
  const fault = (value: unknown): string | null => {
    if (typeof value !== 'object' || value === null) return null;
    if (value instanceof Promise) return `an event with a promise in it${ignored(value)}`;
    if (around.has(value)) return 'an event that holds itself';
    if (around.size >= MAX_DEPTH) return `an event that is nested deeper than ${MAX_DEPTH}`;
    around.add(value);
    let first: string | null = null;
    for (const member of Object.values(value)) {
      if (++values > MAX_VALUES) return `an event of more than ${MAX_VALUES} values`;
      // On behind a fault too: there may be more promises.
      const inner = fault(member);
      first ??= inner;
    }
    around.delete(value);
    return first;
  };
  return fault(root);
}

/** What a value is, in words. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Makes `target` hold what `source` holds, and nothing else; members that are the same keep their bytes in the event. */
export function become(target: EventObject, source: EventObject): void {
  if (target === source) return;
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  for (const [key, value] of Object.entries(source)) {
    // `__proto__` is a key as any other; plain assignment would not see it so.
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  }
}
