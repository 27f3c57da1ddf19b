// unpack over parsed trees, level by level as its description says: what the property tests hold the kernel against.
import { MAX_DEPTH } from './memory.ts';
import { type Member, parseTree, printTree, type Tree } from './tree.ts';
import { depthOf, isValid } from './twin.ts';
import type { UnpackOptions } from './unpack-options.ts';

type Outcome = 'untouched' | 'unpacked' | 'refused';

/** The outcome and the event as compact text; `text` holds bytes (latin-1). */
export function unpackTwin(
  text: string,
  o: UnpackOptions,
  levels = o.depth,
  first = true,
): { outcome: Outcome; text: string } {
  const event = isValid(Buffer.from(text, 'latin1')) ? parseTree(text) : undefined;
  if (!event?.members) return { outcome: 'refused', text };
  const outer = dedupe(event);
  const field = follow(outer, o.field);
  if (!field?.plain?.startsWith('"')) return { outcome: 'untouched', text: printTree(event) };
  const without = printTree(remove(outer, o.field));
  const refused: { outcome: Outcome; text: string } = {
    outcome: 'refused',
    text: first && o.keep === 'never' && o.onErrorKeep ? without : printTree(event),
  };
  let inner = open(decoded(field), o);
  if (inner === undefined) return refused;
  let left = levels - 1;
  while (left > 0 && inner.plain?.startsWith('"')) {
    const deeper = open(decoded(inner), o);
    if (deeper === undefined) break;
    inner = deeper;
    left--;
  }
  if (o.into === null && !inner.members) return refused;
  const kept = o.keep === 'always' ? outer : remove(outer, o.field);
  const merged = merge(kept.members ?? [], dedupe(inner), o);
  const done = printTree({ at: 0, end: 0, members: merged.members });
  if (!merged.again || left === 0) return { outcome: 'unpacked', text: done };
  const again = unpackTwin(done, o, left, false);
  return { outcome: 'unpacked', text: again.outcome === 'unpacked' ? again.text : done };
}

/** The text of a tree with each key in its shortest spelling, values as they were written. */
export function printDecoded(tree: Tree): string {
  if (tree.items) return `[${tree.items.map(printDecoded).join(',')}]`;
  if (!tree.members) return tree.plain ?? '';
  const members = tree.members.map(
    (member) => `${bytesOf(JSON.stringify(keyOf(member)))}:${printDecoded(member.value)}`,
  );
  return `{${members.join(',')}}`;
}

const keyOf = (member: Member): string => decoded({ at: 0, end: 0, plain: member.key });

/** The text of a string given as it is written. */
function decoded({ plain = '' }: Tree): string {
  return JSON.parse(Buffer.from(plain, 'latin1').toString()) as string;
}

// A lone surrogate has no bytes in UTF-8: inside a string its escape is the same.
const bytesOf = (text: string): string =>
  Buffer.from(text.replace(/\p{Surrogate}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)).toString('latin1');

function open(text: string, o: UnpackOptions): Tree | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const bytes = bytesOf(text);
  const depth = o.into === null && o.conflict !== 'nest' ? MAX_DEPTH : MAX_DEPTH - 1;
  const tree = parseTree(bytes);
  return bytes.length > o.maxBytes || depthOf(bytes) > depth || countMembers(tree) > o.maxFields ? undefined : tree;
}

function countMembers({ members = [], items = [] }: Tree): number {
  const below = [...members.map((member) => member.value), ...items];
  return members.length + below.reduce((sum, value) => sum + countMembers(value), 0);
}

function dedupe(tree: Tree): Tree {
  if (tree.items) return { ...tree, items: tree.items.map(dedupe) };
  if (!tree.members) return tree;
  const last = new Map(tree.members.map((member) => [keyOf(member), member]));
  const kept = tree.members.filter((member) => last.get(keyOf(member)) === member);
  return { ...tree, members: kept.map((member) => ({ ...member, value: dedupe(member.value) })) };
}

function follow(tree: Tree, path: readonly string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const step of path) at = at?.members?.find((member) => keyOf(member) === step)?.value;
  return at;
}

function remove(tree: Tree, [step, ...rest]: readonly string[]): Tree {
  const members = tree.members?.flatMap((member) => {
    if (keyOf(member) !== step) return [member];
    return rest.length === 0 ? [] : [{ ...member, value: remove(member.value, rest) }];
  });
  return { ...tree, ...(members && { members }) };
}

interface Named {
  readonly name: string;
  readonly member: Member;
}

function merge(outer: readonly Member[], inner: Tree, o: UnpackOptions): { members: Member[]; again: boolean } {
  const prefixed = (inner.members ?? []).map((member): Named => ({ name: o.prefix + keyOf(member), member }));
  const rename = ({ name, member }: Named): Member => ({ ...member, key: bytesOf(JSON.stringify(name)) });
  const whole = { at: 0, end: 0, ...(inner.members ? { members: prefixed.map(rename) } : inner) };
  const named = o.into === null ? prefixed : [{ name: o.into, member: { keyAt: 0, key: '', value: whole } }];
  const outerNames = outer.map(keyOf);
  const taken = new Set([...outerNames, ...(o.into === null ? prefixed.map(({ name }) => name) : [])]);
  const dropped = new Set<string>();
  const out: Member[] = [];
  const nested: Member[] = [];
  const field = o.field.at(-1)!;
  let again = false;
  for (const entry of named) {
    const policy = o.protect.includes(entry.name) ? 'outer_wins' : o.conflict;
    const same = outerNames.includes(entry.name);
    if (same && policy === 'outer_wins') continue;
    if (same && policy === 'nest') {
      nested.push(rename(entry));
      continue;
    }
    let { name } = entry;
    if (same && policy === 'rename') {
      do name = `${field}_${name}`;
      while (taken.has(name));
      taken.add(name);
    } else if (same) dropped.add(name);
    again ||= o.into === null && name === o.field[0] && name === entry.name;
    out.push(rename({ name, member: entry.member }));
  }
  if (nested.length > 0) {
    let name = field;
    while (taken.has(name)) name += '_inner';
    out.push(rename({ name, member: { keyAt: 0, key: '', value: { at: 0, end: 0, members: nested } } }));
  }
  return { members: [...outer.filter((member) => !dropped.has(keyOf(member))), ...out], again };
}
