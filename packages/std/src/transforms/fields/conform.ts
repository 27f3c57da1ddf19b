import {
  addMember,
  type EventTree,
  parseTree,
  printValue,
  removeEmpty,
  removeValue,
  renameMembers,
  replaceValue,
  type Value,
} from './event-tree.ts';
import { freeName, keysOf, leafKeysOf, renamedFor, safeKey } from './names.ts';
import { placeMembers } from './place.ts';
import type { Plan, PlanNode, PlannedField } from './plan.ts';

/** What is done with values and members that have no place. */
export interface Policy {
  readonly onConflict: 'stringify' | 'rename' | 'dead_letter';
  readonly unknown: 'keep' | 'flatten' | 'drop';
  readonly maxFields: number;
  /** The key that takes what has no place of its own. */
  readonly overflow: string;
}

/** An event after it was brought into the declared form. */
export interface Conformed {
  /** Its text; `null` when nothing had to change. */
  readonly text: string | null;
  /** Whether `@timestamp` is another one now. */
  readonly retimed: boolean;
  /** Values that could not be coerced. */
  readonly conflicts: number;
  /** Whether undeclared fields went under the overflow key for want of budget. */
  readonly overflowed: boolean;
  /** Why the event must go to the dead letters. */
  readonly refused: string | null;
}

/** Brings an event into form; fields that are not in `reported` have their type, as far as they stand where declared. `null`: nobody looked. */
export type Conform = (source: string, reported: ReadonlySet<PlannedField> | null) => Conformed;

/** One event under way. */
interface Work {
  readonly tree: EventTree;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly reported: ReadonlySet<PlannedField> | null;
  readonly admitted: Set<string>;
  readonly homeless: { readonly name: string; readonly value: Value }[];
  conflicts: number;
  overflowed: boolean;
  refused: string | null;
}

/**
 * The way of events that need more than a value replaced in place: one by one, over a tree. The names of undeclared fields that were
 * let in are kept as long as it lives.
 */
export function createConformer(plan: Plan, policy: Policy): Conform {
  const admitted = new Set<string>();
  return (source, reported) => {
    const tree = parseTree(source);
    const work: Work = {
      tree,
      plan,
      policy,
      reported,
      admitted,
      homeless: [],
      conflicts: 0,
      overflowed: false,
      refused: null,
    };
    const timeBefore = timeOf(tree);
    placeMembers(tree, plan);
    conformMembers(work, tree.root, plan.root);
    shelter(work);
    const { conflicts, overflowed, refused } = work;
    const retimed = timeOf(tree) !== timeBefore;
    return { text: tree.root.changed ? printValue(source, tree.root) : null, retimed, conflicts, overflowed, refused };
  };
}

function timeOf({ root, source }: EventTree): string | undefined {
  const time = root.members?.get('@timestamp');
  return time && printValue(source, time);
}

// ---- declared fields --------------------------------------------------------------------------------------------------

function conformMembers(work: Work, object: Value, node: PlanNode): void {
  if (work.policy.unknown === 'keep') makeKeysSafe(object, node);
  for (const member of [...object.members!.values()]) {
    const child = node.children.get(member.key);
    if (child?.field) conformField(work, member, child, child.field, node);
    else if (!child || child.children.size === 0) settleUnknown(work, member);
    else if (member.members) conformMembers(work, member, child);
    else if (!isNothing(member)) conflict(work, member, 'object', node);
  }
}

function conformField(work: Work, member: Value, child: PlanNode, field: PlannedField, node: PlanNode): void {
  if (isNothing(member)) return;
  if (work.reported && !member.members && !member.moved && !work.reported.has(field)) return;
  const holdsObjects = member.items?.every(({ kind }) => kind === 'object' || kind === 'null') === true;
  if (field.type === 'flattened') {
    if (!member.members && !holdsObjects) conflict(work, member, field.type, node);
  } else if (field.type !== 'object') {
    const before = printValue(work.tree.source, member);
    const after = field.coerce(before);
    if (after === null) conflict(work, member, field.type, node);
    else if (after !== before) replaceValue(member, after);
  } else if (member.members) conformMembers(work, member, child);
  // Fields declared below it could not be held to their types inside an array.
  else if (holdsObjects && child.children.size === 0) settleUnknownArray(work, member);
  else conflict(work, member, field.type, node);
}

/** Null, or an array of nothing else: it fits every type. */
function isNothing({ kind, items }: Value): boolean {
  return kind === 'null' || items?.every(isNothing) === true;
}

function conflict(work: Work, member: Value, type: string, node: PlanNode): void {
  const { policy, tree } = work;
  const text = printValue(tree.source, member);
  work.conflicts++;
  if (policy.onConflict === 'dead_letter') {
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    work.refused ??= `${keysOf(member).join('.')}: ${shown} is no ${type}`;
    return;
  }
  const kind = policy.onConflict === 'rename' ? renamedFor(member, text, tree.source) : 'text';
  const parent = member.parent!;
  removeValue(member);
  if (kind === 'text') {
    const key = freeKey(parent, node, `${member.key}_text`, true);
    addMember(parent, key, member.kind === 'string' ? text : JSON.stringify(text));
    return;
  }
  const moved = addMember(parent, freeKey(parent, node, `${member.key}_${kind}`, false), member);
  if (moved.members) keepUnknown(work, moved);
}

/** `base`, or something like it that is nobody’s; a declared text field can take text. */
function freeKey(object: Value, node: PlanNode | null, base: string, isText: boolean): string {
  return freeName(base, object.members!.size, (key) => {
    const field = node?.children.get(key)?.field;
    const fits = isText && (field?.type === 'keyword' || field?.type === 'text');
    return (!fits && node?.children.has(key) === true) || object.members!.has(key);
  });
}

// ---- undeclared fields ------------------------------------------------------------------------------------------------

function settleUnknown(work: Work, member: Value): void {
  if (work.policy.unknown === 'drop') removeValue(member);
  else if (work.policy.unknown === 'flatten') evict(work, member);
  else keepUnknown(work, member);
}

/** Keeps a member whose own key is safe. */
function keepUnknown(work: Work, member: Value): void {
  if (member.members && member.members.size > 0) {
    makeKeysSafe(member, null);
    for (const inner of [...member.members.values()]) keepUnknown(work, inner);
    removeEmpty(member);
  } else if (member.items?.some(({ kind }) => kind === 'object' || kind === 'array')) settleUnknownArray(work, member);
  else if (!admit(work, [keysOf(member).join('.')])) evict(work, member);
}

/** An array goes as a whole, since its items share their fields. */
function settleUnknownArray(work: Work, array: Value): void {
  makeItemsSafe(array);
  if (!admit(work, [...new Set(leafKeysOf(array).map((keys) => keys.join('.')))])) evict(work, array);
}

function makeItemsSafe(value: Value): void {
  if (value.members) makeKeysSafe(value, null);
  for (const inner of value.items ?? value.members?.values() ?? []) makeItemsSafe(inner);
}

/** Undeclared keys become ones that Elasticsearch takes for one key each. */
function makeKeysSafe(object: Value, node: PlanNode | null): void {
  const isUnsafe = (key: string): boolean => safeKey(key) !== key && node?.children.has(key) !== true;
  if (![...object.members!.keys()].some(isUnsafe)) return;
  renameMembers(object, ({ key }, taken) => {
    if (!isUnsafe(key)) return key;
    return freeName(safeKey(key), object.members!.size, (other) => taken(other) || node?.children.has(other) === true);
  });
}

/** Whether the budget has room for these fields, all or none. */
function admit(work: Work, names: readonly string[]): boolean {
  const { admitted, policy } = work;
  const fresh = names.filter((name) => !admitted.has(name));
  if (admitted.size + fresh.length > policy.maxFields) {
    work.overflowed = true;
    return false;
  }
  for (const name of fresh) admitted.add(name);
  return true;
}

function evict(work: Work, value: Value): void {
  work.homeless.push({ name: keysOf(value).join('.'), value });
  removeValue(value);
}

/** Puts what has no place under the overflow key, each under its path. */
function shelter({ homeless, tree, policy }: Work): void {
  if (homeless.length === 0) return;
  const there = tree.root.members!.get(policy.overflow);
  if (there && !there.members) removeValue(there);
  const home = there?.members ? there : addMember(tree.root, policy.overflow, '{}');
  if (there && !there.members && there.kind !== 'null') addMember(home, policy.overflow, there);
  for (const { name, value } of homeless) addMember(home, freeKey(home, null, name, false), value);
}
