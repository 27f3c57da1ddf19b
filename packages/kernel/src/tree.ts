// A plain recursive parser of valid JSON text for the tests: members in order, repeated keys included, every value with its own bytes.

export interface Member {
  /** Position of the key's opening quote. */
  readonly keyAt: number;
  /** The key as written, with its quotes. */
  readonly key: string;
  readonly value: Tree;
}

export interface Tree {
  readonly at: number;
  readonly end: number;
  readonly members?: Member[];
  readonly items?: Tree[];
  /** Text of a value that is neither object nor array. */
  readonly plain?: string;
}

/** Parses bytes given as a latin-1 string, so that positions are those of the bytes. */
export function parseTree(bytes: string, from = 0): Tree {
  const at = skipSpace(bytes, from);
  if (bytes[at] === '{') return parseObject(bytes, at);
  if (bytes[at] === '[') return parseArray(bytes, at);
  const pattern = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/sy;
  pattern.lastIndex = at;
  const plain = pattern.exec(bytes)?.[0] ?? '';
  return { at, end: at + plain.length, plain };
}

function parseObject(bytes: string, at: number): Tree {
  const members: Member[] = [];
  let p = skipSpace(bytes, at + 1);
  while (bytes[p] !== '}') {
    const key = parseTree(bytes, p);
    const value = parseTree(bytes, skipSpace(bytes, key.end) + 1);
    members.push({ keyAt: key.at, key: key.plain ?? '', value });
    p = pastComma(bytes, value.end);
  }
  return { at, end: p + 1, members };
}

function parseArray(bytes: string, at: number): Tree {
  const items: Tree[] = [];
  let p = skipSpace(bytes, at + 1);
  while (bytes[p] !== ']') {
    const item = parseTree(bytes, p);
    items.push(item);
    p = pastComma(bytes, item.end);
  }
  return { at, end: p + 1, items };
}

function pastComma(bytes: string, p: number): number {
  const at = skipSpace(bytes, p);
  return bytes[at] === ',' ? skipSpace(bytes, at + 1) : at;
}

function skipSpace(bytes: string, p: number): number {
  let at = p;
  while (at < bytes.length && ' \n\r\t'.includes(bytes[at]!)) at++;
  return at;
}

/** The text of a tree without white space. */
export function printTree(tree: Tree): string {
  if (tree.members) return `{${tree.members.map(({ key, value }) => `${key}:${printTree(value)}`).join(',')}}`;
  if (tree.items) return `[${tree.items.map(printTree).join(',')}]`;
  return tree.plain ?? '';
}
