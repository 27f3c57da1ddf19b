import { type ASTNode, Environment, parse } from '@marcbachmann/cel-js';
import { printPath, type Step } from '@tailrace/core';
import { RegexError } from '../../regex/regex.ts';
import { callsOf, LINEAR_MATCHES, linearMatches, nodesIn, withLinearMatches } from './matches.ts';

/** A compiled CEL condition: the paths that it names, and its value for their values. */
export interface Condition {
  /** Each path once; value k of `evaluate` is that of path k. */
  readonly paths: readonly (readonly Step[])[];
  /** `true` or `false`; missing members are `null`, integers `bigint`. Throws when the condition cannot be evaluated. */
  evaluate(values: readonly unknown[]): boolean;
}

/** A condition that cannot be used: no CEL, or no bool. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

/** Names that CEL gives to types; bare, they are no fields. */
const TYPE_NAMES = new Set(['bool', 'bytes', 'double', 'dyn', 'int', 'list', 'map', 'null_type', 'string', 'uint']);
const MACROS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
const ORDERED = [
  'int',
  'uint',
  'double',
  'string',
  'bool',
  'bytes',
  'list',
  'map',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  'null',
];

/**
 * Compiles a condition (CEL). Each whole path that it names becomes one variable, which is null when the member is missing:
 * CEL itself fails on missing members. `has(path)` is `path != null`; an ordering against null is false. Throws {@link ConditionError}.
 */
export function compileCondition(text: string): Condition {
  const linear = withoutBacktracking(text);
  const found = new Found(linear);
  visit(parsed(linear).ast, new Set(), found);
  const rewritten = found.rewrite();
  const names = found.paths.map((_, k) => found.nameOf(k));
  const environment = environmentWith(names);
  const shown = (message: string): string => plainMessage(message, names, found.paths);
  const checked = environment.check(rewritten);
  if (!checked.valid) throw new ConditionError(`is no valid condition: ${shown(checked.error?.message ?? 'unknown')}`);
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new ConditionError(`must be a bool expression, is ${checked.type}`);
  }
  const run = environment.parse(rewritten);
  const variables: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, null]));
  return {
    paths: found.paths,
    evaluate(values) {
      for (let k = 0; k < names.length; k++) variables[names[k]!] = values[k];
      const value: unknown = evaluated(() => run(variables), shown);
      if (typeof value === 'boolean') return value;
      // A field that is missing is not true.
      if (value === null) return false;
      throw new ConditionError(`is not a bool but ${typeof value === 'bigint' ? 'int' : typeof value}`);
    },
  };
}

function withoutBacktracking(text: string): string {
  try {
    const linear = withLinearMatches(text, parsed(text).ast);
    if (callsOf(parsed(linear).ast).length === 0) return linear;
  } catch (error) {
    if (error instanceof RegexError) throw new ConditionError(`has a pattern that is none: ${error.message}`);
    throw error;
  }
  throw new ConditionError('calls matches with a comment in between: take it out');
}

function evaluated(run: () => unknown, shown: (message: string) => string): unknown {
  try {
    return run();
  } catch (error) {
    throw new ConditionError(shown((error as Error).message));
  }
}

function parsed(text: string): { ast: ASTNode } {
  try {
    return parse(text);
  } catch (error) {
    throw new ConditionError(`is no valid condition: ${firstLine((error as Error).message)}`);
  }
}

function environmentWith(names: readonly string[]): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false });
  for (const name of names) environment.registerVariable(name, 'dyn');
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, linearMatches());
  for (const operator of ['<', '<=', '>', '>=']) {
    for (const type of ORDERED) {
      environment.registerOperator(`null ${operator} ${type}: bool`, () => false);
      if (type !== 'null') environment.registerOperator(`${type} ${operator} null: bool`, () => false);
    }
  }
  return environment;
}

const firstLine = (message: string): string => message.split('\n')[0]!;

/** The message with paths in the place of our names, and types as the writer of a condition knows them. */
function plainMessage(message: string, names: readonly string[], paths: readonly (readonly Step[])[]): string {
  let text = firstLine(message);
  for (const [k, name] of names.entries()) text = text.replaceAll(name, printPath(paths[k]!));
  return text.replaceAll(LINEAR_MATCHES, 'matches').replace(/dyn<([\w.]+)>/g, '$1');
}

/** The paths of a condition, and the stretches of its text that become variables. */
class Found {
  readonly text: string;
  readonly paths: (readonly Step[])[] = [];
  readonly #replaced: { start: number; end: number; by: string }[] = [];
  readonly #prefix: string;

  constructor(text: string) {
    this.text = text;
    this.#prefix = '_path';
    while (text.includes(this.#prefix)) this.#prefix += '_';
  }

  // A closing mark keeps _path1 from being found in _path10.
  nameOf(k: number): string {
    return `${this.#prefix}${k}_`;
  }

  add(steps: readonly Step[], start: number, end: number, isHas: boolean): void {
    const key = JSON.stringify(steps);
    let k = this.paths.findIndex((path) => JSON.stringify(path) === key);
    if (k < 0) k = this.paths.push(steps) - 1;
    this.#replaced.push({ start, end, by: isHas ? `(${this.nameOf(k)} != null)` : this.nameOf(k) });
  }

  rewrite(): string {
    let text = '';
    let at = 0;
    for (const { start, end, by } of this.#replaced.sort((a, b) => a.start - b.start)) {
      text += this.text.slice(at, start) + by;
      at = end;
    }
    return text + this.text.slice(at);
  }
}

function visit(node: ASTNode, bound: ReadonlySet<string>, found: Found): void {
  const steps = stepsOf(node, bound, found.text);
  if (steps) {
    if (steps.length > 1 || !TYPE_NAMES.has(steps[0] as string)) found.add(steps, node.start, node.end, false);
    return;
  }
  switch (node.op) {
    case 'call':
      visitCall(node, bound, found);
      return;
    case 'rcall': {
      const [method, receiver, args] = node.args;
      visitMethod(method, receiver, args, bound, found);
      return;
    }
    case 'id':
    case 'value':
      return;
    default:
      for (const inner of nodesIn(node.args)) visit(inner, bound, found);
  }
}

function visitCall(node: ASTNode & { op: 'call' }, bound: ReadonlySet<string>, found: Found): void {
  const [name, args] = node.args;
  const [first] = args;
  if (name === 'has' && first && args.length === 1) {
    const steps = stepsOf(first, bound, found.text);
    if (steps) {
      found.add(steps, node.start, node.end, true);
      return;
    }
  }
  for (const inner of args) visit(inner, bound, found);
}

/** Names bound by a macro stay as they are inside it. */
function visitMethod(
  method: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  bound: ReadonlySet<string>,
  found: Found,
): void {
  const [first, ...others] = args;
  const binds = method === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
  if (first?.op !== 'id' || !(binds || (MACROS.has(method) && args.length > 1))) {
    visit(receiver, bound, found);
    for (const inner of args) visit(inner, bound, found);
    return;
  }
  const inside = new Set(bound).add(first.args);
  if (!binds) visit(receiver, bound, found);
  for (const [k, inner] of others.entries()) visit(inner, binds && k === 0 ? bound : inside, found);
}

/** The steps of a whole path (`a.b["c"][0]`); `null` for anything else. */
function stepsOf(node: ASTNode, bound: ReadonlySet<string>, text: string): Step[] | null {
  if (node.op === 'id') return bound.has(node.args) ? null : [node.args];
  if (node.op !== '.' && node.op !== '[]') return null;
  // The node of `(a).b` begins behind the parenthesis: its stretch of text cannot be replaced.
  const [object, member] = node.args;
  const between = text.slice(object.end, node.end);
  if (between.trimStart()[0] === ')') return null;
  const step = typeof member === 'string' ? member : literalStep(member);
  const steps = step === null ? null : stepsOf(object, bound, text);
  return steps && step !== null ? [...steps, step] : null;
}

function literalStep(node: ASTNode): Step | null {
  if (node.op !== 'value') return null;
  if (typeof node.args === 'string') return node.args;
  return typeof node.args === 'bigint' && node.args >= 0n && node.args <= 0x7fff_ffffn ? Number(node.args) : null;
}
