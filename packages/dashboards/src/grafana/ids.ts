import { createHash } from 'node:crypto';
import type { Dashboard } from '../model.ts';

/** The uid of a dashboard, at most 40 characters. */
export function uidOf({ id }: Pick<Dashboard, 'id'>): string {
  return `tailrace-${id}`;
}

/** A panel's number, made of its id: it stays when others come and go. */
export function panelNumber(id: string): number {
  // 31 bits: a number that every version takes; two panels with the same one are refused.
  return createHash('sha256').update(id).digest().readUInt32BE(0) & 0x7fffffff;
}
