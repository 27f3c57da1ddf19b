import { ConfigError, type Path, PathError, path } from '@tailrace/core';
import { type Condition, ConditionError, compileCondition } from '../filter/condition.ts';
import type { LeafEdit } from './leaves.ts';
import { maskEdit } from './mask.ts';
import type { Action, Operation, Then } from './operation.ts';
import { type ActionOptions, actions, type OperationOptions } from './options.ts';
import { hashEdit, leavesAction, truncateEdit } from './privacy.ts';
import { copyAction, defaultAction, removeAction, setAction } from './structure.ts';
import { caseAction, joinAction, splitAction } from './texts.ts';
import { timestampAction } from './timestamp-action.ts';

type Name = keyof typeof actions;
type Options = { readonly [K in Name]: ActionOptions<K> };
type At = readonly (string | number)[];

/** What happens where an entry does not say it. */
interface Defaults {
  readonly on_missing: Then;
  readonly on_error: Then;
}

/** Compiles the entries of `operations`; throws a ConfigError with the way to what is wrong. */
export function compileOperations(entries: readonly OperationOptions[], defaults: Defaults): Operation[] {
  return entries.map((entry, k) => {
    const name = nameOf(entry, ['operations', k]);
    const hides = name === 'hash' || name === 'mask';
    return {
      label: `operations[${k}].${name}`,
      condition: entry.when === undefined ? null : conditionOf(entry.when, ['operations', k, 'when']),
      actions: actionsOf(name, entry, ['operations', k, name]),
      onMissing: entry.on_missing ?? defaults.on_missing,
      onError: entry.on_error ?? (hides ? 'dead_letter' : defaults.on_error),
    };
  });
}

const NAMES = Object.keys(actions) as Name[];

function nameOf(entry: OperationOptions, at: At): Name {
  const [name, other] = NAMES.filter((one) => entry[one] !== undefined);
  if (name === undefined) throw new ConfigError(at, `names no operation: it needs one of ${NAMES.join(', ')}`);
  if (other === undefined) return name;
  throw new ConfigError(
    at,
    `names two operations, ${name} and ${other}: make an entry of each, in the order that is meant`,
  );
}

function conditionOf(text: string, at: At): Condition {
  try {
    return compileCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) throw new ConfigError(at, error.message);
    throw error;
  }
}

function actionsOf<K extends Name>(name: K, entry: Partial<Options>, at: At): Action[] {
  return COMPILERS[name](entry[name]!, at);
}

const COMPILERS: { readonly [K in Name]: (options: Options[K], at: At) => Action[] } = {
  set: ({ field, value }, at) => [setAction(memberAt(field, [...at, 'field']), value)],
  default: ({ field, value }, at) => [defaultAction(memberAt(field, [...at, 'field']), value)],
  rename: (options, at) => [copyAction(...fromTo(options, at), true)],
  copy: (options, at) => [copyAction(...fromTo(options, at), false)],
  remove: ({ fields }, at) => fromBehind(pathsAt(fields, at)).map(removeAction),
  lower: ({ fields }, at) => pathsAt(fields, at).map((where) => caseAction(where, (text) => text.toLowerCase())),
  upper: ({ fields }, at) => pathsAt(fields, at).map((where) => caseAction(where, (text) => text.toUpperCase())),
  split: (options, at) => [splitAction(...fieldTo(options, at), options)],
  join: (options, at) => [joinAction(...fieldTo(options, at), options.separator)],
  parse_timestamp: (options, at) => [timestampAction(...fieldTo(options, at), options, at)],
  hash: (options, at) => leafActions(options.fields, at, hashEdit(options, at), true),
  mask: (options, at) => leafActions(options.fields, at, maskEdit(options, at), true),
  truncate: (options, at) => leafActions(options.fields, at, truncateEdit(options, at), false),
};

function leafActions(fields: readonly string[], at: At, edit: LeafEdit, hides: boolean): Action[] {
  return pathsAt(fields, at).map((where) => leavesAction(where, edit, hides));
}

function fromTo(options: { readonly from: string; readonly to: string }, at: At): [Path, Path] {
  const from = pathAt(options.from, [...at, 'from']);
  const to = memberAt(options.to, [...at, 'to']);
  if (JSON.stringify(from.steps) !== JSON.stringify(to.steps)) return [from, to];
  throw new ConfigError([...at, 'to'], `is the same field as from: ${options.from}`);
}

function fieldTo(options: { readonly field: string; readonly to: string | undefined }, at: At): [Path, Path] {
  const where = pathAt(options.field, [...at, 'field']);
  return [where, options.to === undefined ? where : memberAt(options.to, [...at, 'to'])];
}

function pathsAt(fields: readonly string[], at: At): Path[] {
  return fields.map((field, k) => pathAt(field, [...at, 'fields', k]));
}

function pathAt(text: string, at: At): Path {
  try {
    return path(text);
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(at, error.message);
    throw error;
  }
}

/** The path of a member that may have to be made, which an item of a list cannot be. */
function memberAt(text: string, at: At): Path {
  const where = pathAt(text, at);
  if (where.steps.every((step) => typeof step === 'string')) return where;
  throw new ConfigError(
    at,
    `leads through an item of a list, which cannot be made where it is missing: name a member, is ${text}`,
  );
}

/** Each path once, items of a list from behind: those behind a removed one move up. */
function fromBehind(paths: readonly Path[]): Path[] {
  const once = new Map(paths.map((where) => [JSON.stringify(where.steps), where]));
  return [...once.values()].toSorted((a, b) => {
    const k = a.steps.findIndex((step, at) => step !== b.steps[at]);
    const [one, other] = [a.steps[k], b.steps[k]];
    if (typeof one === 'number' && typeof other === 'number') return other - one;
    return JSON.stringify(a.steps) < JSON.stringify(b.steps) ? -1 : 1;
  });
}
