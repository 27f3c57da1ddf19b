import type { ASTNode } from '@marcbachmann/cel-js';
import { compileRegex, type Regex, RegexError } from '../../regex/regex.ts';

/** The name of `matches` that runs in linear time; as long as its own, so that places in the text stay. */
export const LINEAR_MATCHES = '_match_';
const MATCHES = 'matches';
/** Most patterns that are kept compiled: with patterns out of events there can be any number. */
const MAX_PATTERNS = 100;

/**
 * The text of a condition in which `matches` has the name of ours: CEL means RE2's expressions by it (langdef, "Regular Expressions"), the
 * library takes JavaScript's, with which a text could hang the process. Throws a {@link RegexError} for a pattern that is none.
 */
export function withLinearMatches(text: string, node: ASTNode): string {
  let renamed = text;
  for (const call of callsOf(node)) {
    const [, receiver, [pattern]] = call.args;
    const at = text.indexOf(MATCHES, receiver.end);
    renamed = renamed.slice(0, at) + LINEAR_MATCHES + renamed.slice(at + MATCHES.length);
    if (pattern?.op === 'value' && typeof pattern.args === 'string') compileRegex(pattern.args);
  }
  return renamed;
}

/** The calls of `matches` on a text. */
export function callsOf(node: ASTNode): (ASTNode & { op: 'rcall' })[] {
  const inner = nodesIn(node.args).flatMap(callsOf);
  return node.op === 'rcall' && node.args[0] === MATCHES ? [node, ...inner] : inner;
}

/** Every node in the arguments of one. */
export function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/** `matches` for one condition. Throws an Error for a pattern that is none. */
export function linearMatches(): (text: string, pattern: string) => boolean {
  const compiled = new Map<string, Regex>();
  return (text, pattern) => {
    let regex = compiled.get(pattern);
    if (!regex) {
      regex = compilePattern(pattern);
      if (compiled.size === MAX_PATTERNS) compiled.clear();
      compiled.set(pattern, regex);
    }
    return regex.test(text);
  };
}

function compilePattern(pattern: string): Regex {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new Error(`the pattern of matches: ${error.message}`, { cause: error });
    throw error;
  }
}
