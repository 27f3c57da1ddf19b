import type { JsonAnswer } from './elasticsearch-answers.ts';

/** Gives the status with which an entry is refused, or `undefined` to hand it on; `action` and `document` are its two lines. */
export type EntryRefusal = (action: string, document: string) => number | undefined;

/** A `_bulk` body whose refused entries were taken out. */
export interface PartedBulk {
  /** What is left for the target, NDJSON. */
  passed: Buffer;
  /** Per entry of the whole body the item of the refusal; `undefined` where the target answers. */
  refused: (object | undefined)[];
}

/** Takes the refused entries out of a `_bulk` body of `create` and `index` actions. */
export function partBulk(body: Buffer, refuse: EntryRefusal): PartedBulk {
  const lines = body.toString().split('\n');
  const passed: string[] = [];
  const refused: (object | undefined)[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [action, document] = [lines[at]!, lines[at + 1]!];
    const status = refuse(action, document);
    refused.push(status === undefined ? undefined : refusedItem(action, status));
    if (status === undefined) passed.push(action, '\n', document, '\n');
  }
  return { passed: Buffer.from(passed.join('')), refused };
}

/** The number of entries in a `_bulk` body of `create` and `index` actions. */
export function entriesOf(body: Buffer): number {
  let lines = 0;
  for (let at = body.indexOf(0x0a); at !== -1; at = body.indexOf(0x0a, at + 1)) lines++;
  return lines >> 1;
}

/** The answer to the whole body: the target's items in their places, the refused ones in between. */
export function mergeAnswers({ refused }: PartedBulk, passedAnswer: string | undefined): JsonAnswer {
  const answer = JSON.parse(passedAnswer ?? '{"errors":false,"items":[]}') as { errors?: boolean; items?: object[] };
  let next = 0;
  const items = refused.map((item) => item ?? answer.items?.[next++] ?? {});
  const errors = answer.errors === true || refused.some((item) => item !== undefined);
  return { status: 200, body: JSON.stringify({ ...answer, errors, items }) };
}

function refusedItem(action: string, status: number): object {
  const name = Object.keys(JSON.parse(action) as object)[0] ?? 'create';
  const type = status === 429 ? 'es_rejected_execution_exception' : 'fault_exception';
  return { [name]: { status, error: { type, reason: `the fault proxy refuses this entry with ${status}` } } };
}
