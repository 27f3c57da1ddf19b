import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOf, guardedKernel, objectText, textsOf } from './arbitrary.ts';
import { EDIT, type Edits, splice } from './splice.ts';
import { type Member, parseTree, printTree, type Tree } from './tree.ts';
import { isValid } from './twin.ts';
import { ERR } from './types.ts';

type Edit = [event: number, kind: number, at: number, end: number, data: string];

const { k, checkGuards } = guardedKernel();

function editsOf(edits: readonly Edit[]): Edits {
  const rows: number[] = [];
  let data = '';
  for (const [event, kind, at, end, text] of edits) {
    rows.push(event, kind, at, end, data.length, data.length + text.length);
    data += text;
  }
  return { rows: Uint32Array.from(rows), count: edits.length, data: Buffer.from(data, 'latin1') };
}

/** Edits of the first event given as [kind, the text they start at, the text they take, data]. */
function edited(text: string, ...edits: [kind: keyof typeof EDIT, from: string, data?: string][]): string {
  const rows = edits.map(([kind, from, data]): Edit => {
    const at = text.indexOf(from);
    return [0, EDIT[kind], at, at + from.length, data ?? ''];
  });
  return textsOf(splice(k, eventsOf([text]), editsOf(rows)))[0]!;
}

test('replaces values and keys', () => {
  expect(edited('{"a": 1, "b":2}', ['replace', '1', '"one"'], ['replace', '"b"', '"c"'])).toBe('{"a": "one", "c":2}');
});

test('removes members with the right comma, in every combination', () => {
  const members = ['"a":1', '"b":{"x":[]}', '"c":"3"'];
  for (const [open, comma, close] of [
    ['{', ',', '}'],
    ['{ ', ' , ', ' }'],
  ] as const) {
    for (let gone = 0; gone < 8; gone++) {
      const text = open + members.join(comma) + close;
      const removed = members.filter((_, i) => gone & (1 << i)).map((member): ['remove', string] => ['remove', member]);
      const left = members.filter((_, i) => !(gone & (1 << i)));
      expect(edited(text, ...removed).replaceAll(' ', '')).toBe(`{${left.join(',')}}`);
    }
  }
});

test('inserts first, into full, empty and emptied objects, several times', () => {
  expect(edited('{"a":1}', ['insert', '{', '"n":0'])).toBe('{"n":0,"a":1}');
  expect(edited('{ }', ['insert', '{', '"n":0'])).toBe('{"n":0 }');
  expect(edited('{}', ['insert', '{', '"n":0'], ['insert', '{', '"m":1'])).toBe('{"n":0,"m":1}');
  expect(edited('{"a":1}', ['insert', '{', '"n":0'], ['insert', '{', '"m":1'])).toBe('{"n":0,"m":1,"a":1}');
  expect(edited('{"a":1,"b":2}', ['insert', '{', '"n":0'], ['remove', '"a":1'], ['remove', '"b":2'])).toBe('{"n":0}');
});

test('events without edits come out as they went in, gaps between events do not', () => {
  const texts = ['{"a":1}', '{ "b" : 2 }', '{}'];
  const none = { rows: new Uint32Array(0), count: 0, data: new Uint8Array(0) };
  const out = splice(k, eventsOf(texts, 5), none);
  expect(textsOf(out)).toEqual(texts);
  expect(out.text.length).toBe(texts.join('').length);
  expect(splice(k, eventsOf([]), none).length).toBe(0);
});

test('edits whose positions make no sense are left out, whose data is not there refused', () => {
  const out = splice(
    k,
    eventsOf(['{"a":1}', '{"b":2}'], 1),
    editsOf([
      [0, 0, 5, 99, 'x'],
      [0, 1, 3, 2, ''],
      [1, 0, 0, 3, 'x'],
      [1, 2, 7, 0, 'x'],
    ]),
  );
  expect(textsOf(out)).toEqual(['{"a":1}', '{"b":2}']);
  const wrong = { rows: Uint32Array.of(0, 0, 1, 2, 3, 9), count: 1, data: new Uint8Array(4) };
  expect(() => splice(k, eventsOf(['{"a":1}']), wrong)).toThrow(
    'edit 0 (event 0): data [3, 9) of 4 bytes, or not in order',
  );
});

test('an event that is or would be too large stays as it was', () => {
  const large = `{"a":"${'x'.repeat(4 << 20)}"}`;
  const nearly = `{"a":"${'x'.repeat((4 << 20) - 20)}"}`;
  const e = eventsOf([large, '{"a":1}', nearly, '{"a":2}']);
  const at = (i: number): number => e.start[i]! + 5;
  const data = 'y'.repeat(100);
  const out = splice(
    k,
    e,
    editsOf([
      [0, 0, at(0), at(0), data],
      [1, 0, at(1), at(1) + 1, '7'],
      [2, 0, at(2), at(2), data],
      [3, 0, at(3), at(3) + 1, '8'],
    ]),
  );
  expect([...out.status]).toEqual([ERR.tooLarge, ERR.ok, ERR.tooLarge, ERR.ok]);
  expect(textsOf(out)).toEqual([large, '{"a":7}', nearly, '{"a":8}']);
});

test('splits batches, edits and data that are larger than the regions', () => {
  const texts = Array.from({ length: 60_000 }, (_, i) => `{"pad":"${'x'.repeat(400)}","n":${i}}`);
  const e = eventsOf(texts);
  const data = `"${'y'.repeat(398)}"`;
  const rows = new Uint32Array(e.length * 18);
  for (let i = 0; i < e.length; i++) {
    const pad = e.start[i]! + 7;
    const n = e.end[i]! - 1 - String(i).length;
    rows.set(
      [i, EDIT.insert, e.start[i]!, 0, 0, 6, i, EDIT.replace, pad, pad + 402, 6, 406, i, EDIT.replace, n, n, 406, 407],
      i * 18,
    );
  }
  const bytes = Buffer.concat([Buffer.from(`"i":11${data}1`), Buffer.alloc(15 << 20)]);
  const out = splice(k, e, { rows, count: e.length * 3, data: bytes });
  expect(textsOf(out)).toEqual(texts.map((_, i) => `{"i":11,"pad":${data},"n":1${i}}`));
  checkGuards();
});

/** Draws edits for a tree in document order, and answers the tree that they should give. */
function draw(tree: Tree, event: number, shift: number, dice: () => number, edits: Edit[]): Tree {
  if (tree.items) return { ...tree, items: tree.items.map((item) => draw(item, event, shift, dice, edits)) };
  if (!tree.members) return tree;
  const members: Member[] = [];
  for (let n = [0, 0, 0, 1, 2][dice() % 5]!; n > 0; n--) {
    edits.push([event, EDIT.insert, tree.at + shift, 0, `"new":[${n}]`]);
    members.push({ keyAt: 0, key: '"new"', value: { at: 0, end: 0, items: [{ at: 0, end: 0, plain: String(n) }] } });
  }
  for (const member of tree.members) {
    const { keyAt, value } = member;
    const action = dice() % 6;
    if (action === 0) edits.push([event, EDIT.remove, keyAt + shift, value.end + shift, '']);
    else if (action === 1) {
      edits.push([event, EDIT.replace, value.at + shift, value.end + shift, '"other"']);
      members.push({ ...member, value: { at: 0, end: 0, plain: '"other"' } });
    } else if (action === 2) {
      edits.push([event, EDIT.replace, keyAt + shift, keyAt + shift + member.key.length, '"renamed"']);
      members.push({ ...member, key: '"renamed"', value: draw(value, event, shift, dice, edits) });
    } else members.push({ ...member, value: draw(value, event, shift, dice, edits) });
  }
  return { ...tree, members };
}

test('edits by position equal the same edits made on the tree; untouched members keep their bytes', () => {
  fc.assert(
    fc.property(
      fc.array(objectText, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.nat(59)),
      fc.nat(5),
      (texts, stream, gap) => {
        const e = eventsOf(texts, gap);
        const edits: Edit[] = [];
        const dice = (): number => stream.next().value ?? 0;
        const expected = texts.map((text, i) =>
          printTree(draw(parseTree(Buffer.from(text).toString('latin1')), i, e.start[i]!, dice, edits)),
        );
        const out = splice(k, e, editsOf(edits));
        const printed = Array.from({ length: out.length }, (_, i) => {
          const bytes = Buffer.from(out.text.subarray(out.start[i], out.end[i]));
          expect(isValid(bytes)).toBe(true);
          return printTree(parseTree(bytes.toString('latin1')));
        });
        expect(printed).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
  checkGuards();
});
