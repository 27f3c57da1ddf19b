import {
  addMember,
  type EventTree,
  findValue,
  makeObject,
  printValue,
  removeEmpty,
  removeValue,
  type Value,
} from './event-tree.ts';
import type { Plan, PlanNode, PlannedField } from './plan.ts';

/** Moves members to where they are declared: keys with dots, other names; then fills fields with the pieces of others. */
export function placeMembers(tree: EventTree, plan: Plan): void {
  placeDotted(tree.root, plan.root);
  for (const { from, to } of plan.moves) moveTo(tree.root, from, to.keys);
  for (const field of plan.splits) fillFrom(tree, field);
}

/** A member `"a.b"` is the declared field `a.b`: Elasticsearch would take it for that too. */
function placeDotted(object: Value, node: PlanNode): void {
  const dotted = [...object.members!.values()].filter(({ key }) => key.includes('.') && !node.children.has(key));
  for (const member of dotted) {
    const keys = member.key.split('.');
    let target: PlanNode | undefined = node;
    for (const key of keys) target = target?.children.get(key);
    if (target) place(object, keys, member);
  }
  for (const member of object.members!.values()) {
    const child = member.members ? node.children.get(member.key) : undefined;
    if (child && child.children.size > 0) placeDotted(member, child);
  }
}

/** Moves a member down to `keys`; into an object that is there already go those of its members that it lacks. */
function place(object: Value, keys: readonly string[], member: Value): void {
  const there = findValue(object, keys);
  if (!there) {
    const parent = makeObject(object, keys.slice(0, -1));
    if (!parent) return;
    removeValue(member);
    addMember(parent, keys.at(-1)!, member);
  } else if (there.members && member.members) {
    for (const inner of [...member.members.values()]) {
      if (there.members.has(inner.key)) continue;
      removeValue(inner);
      addMember(there, inner.key, inner);
    }
    if (member.members.size === 0) removeValue(member);
  }
}

function moveTo(root: Value, from: readonly string[], to: readonly string[]): void {
  const value = findValue(root, from);
  if (!value || findValue(root, to)) return;
  const home = value.parent!;
  removeValue(value);
  const parent = makeObject(root, to.slice(0, -1));
  if (!parent) addMember(home, value.key, value);
  else {
    addMember(parent, to.at(-1)!, value);
    removeEmpty(home);
  }
}

function fillFrom({ root, source }: EventTree, { keys, split }: PlannedField): void {
  const value = findValue(root, keys);
  if (value?.kind !== 'string') return;
  const pieces = (JSON.parse(printValue(source, value)) as string).split(split!.separator);
  for (const [i, { into: field }] of split!.targets.entries()) {
    const piece = pieces[i];
    if (piece === undefined || piece === '' || findValue(root, field.keys)) continue;
    const parent = makeObject(root, field.keys.slice(0, -1));
    if (parent) addMember(parent, field.keys.at(-1)!, JSON.stringify(piece));
  }
}
