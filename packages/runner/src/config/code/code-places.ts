import { maskCode } from './mask-code.ts';

/** Where a literal in code stands, by offset, and what is in it. */
export interface CodeNode {
  readonly offset: number;
  readonly members: ReadonlyMap<string, { readonly keyOffset: number; readonly value: CodeNode }>;
  readonly items: readonly CodeNode[];
}

/** Code while its literals are read. */
interface Reading {
  readonly source: string;
  /** The same without the contents of strings and comments. */
  readonly code: string;
  /** Names that are being looked up: one may be declared by itself. */
  readonly open: Set<string>;
}

type Step = readonly [node: CodeNode, end: number];

/**
 * Where the pipeline in a module stands: the literal that is given to `definePipeline`, or that is the default export, with constants of
 * the module that it names. It reads literals and runs nothing: what is computed has the place of the literal around it.
 */
export function codePlaces(source: string): CodeNode {
  const reading: Reading = { source, code: maskCode(source), open: new Set() };
  const call = /\bdefinePipeline\s*\(|\bexport\s+default\b/.exec(reading.code);
  if (!call) return leaf(0);
  const start = call.index + call[0].length;
  const called = /^export/.test(call[0]) ? /\bdefinePipeline\s*\(/y : null;
  const at = called ? afterCall(reading.code, skipBlank(reading.code, start)) : start;
  const node = expression(reading, literalStart(reading.code, at))[0];
  return { ...node, offset: skipBlank(reading.code, call.index) };
}

function afterCall(code: string, at: number): number {
  const call = /definePipeline\s*\(/y;
  call.lastIndex = at;
  return call.test(code) ? call.lastIndex : at;
}

/** In `({ env }) => ({ … })` and `() => { return { … } }` the literal is what is returned. */
function literalStart(code: string, at: number): number {
  const start = skipBlank(code, at);
  const arrow = /(?:async\s+)?(?:\([^)]*\)|[\w$]+)[^=;{]*=>\s*(\(?)/y;
  arrow.lastIndex = start;
  const found = arrow.exec(code);
  if (!found) return start;
  if (found[1] === '(') return arrow.lastIndex;
  const returned = /\breturn\b/g;
  returned.lastIndex = arrow.lastIndex;
  return returned.test(code) ? returned.lastIndex : arrow.lastIndex;
}

function leaf(offset: number): CodeNode {
  return { offset, members: new Map(), items: [] };
}

function skipBlank(code: string, from: number): number {
  let i = from;
  while (i < code.length && /\s/.test(code[i]!)) i++;
  return i;
}

/** The expression that begins at `from`, and the offset of the comma or bracket behind it. */
function expression(reading: Reading, from: number): Step {
  const { code } = reading;
  const start = skipBlank(code, from);
  if (code[start] === '{') {
    const [node, end] = objectLiteral(reading, start);
    return [node, skipTo(code, end)];
  }
  if (code[start] === '[') {
    const [node, end] = listLiteral(reading, start);
    return [node, skipTo(code, end)];
  }
  const end = skipTo(code, start);
  const name = /^([A-Za-z_$][\w$]*)\s*$/.exec(code.slice(start, end))?.[1];
  return [(name && constant(reading, name)) || leaf(start), end];
}

/** The offset of the comma or closing bracket that ends the expression at `from`. */
function skipTo(code: string, from: number): number {
  let depth = 0;
  for (let i = from; i < code.length; i++) {
    const char = code[i]!;
    if (depth === 0 && (char === ',' || char === ';' || ')]}'.includes(char))) return i;
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  return code.length;
}

function objectLiteral(reading: Reading, open: number): Step {
  const { source, code } = reading;
  const members = new Map<string, { keyOffset: number; value: CodeNode }>();
  let i = skipBlank(code, open + 1);
  while (i < code.length && code[i] !== '}') {
    const key = /\.\.\.([\w$]*)|([A-Za-z_$][\w$]*|\d+)|(["'])\s*\3/y;
    key.lastIndex = i;
    const found = key.exec(code);
    const after = skipBlank(code, found ? key.lastIndex : i);
    const name = found?.[2] ?? (found?.[3] ? source.slice(i + 1, key.lastIndex - 1) : undefined);
    let end = skipTo(code, after);
    if (found?.[1]) for (const [inner, one] of constant(reading, found[1])?.members ?? []) members.set(inner, one);
    if (name !== undefined && code[after] === ':') {
      const [value, valueEnd] = expression(reading, after + 1);
      members.set(name, { keyOffset: i, value });
      end = valueEnd;
    } else if (name !== undefined) {
      const shorthand = code[after] === ',' || code[after] === '}' ? constant(reading, name) : undefined;
      members.set(name, { keyOffset: i, value: shorthand ?? leaf(i) });
    }
    i = skipBlank(code, code[end] === ',' ? end + 1 : Math.max(end, i + 1));
  }
  return [{ offset: open, members, items: [] }, i + 1];
}

function listLiteral(reading: Reading, open: number): Step {
  const { code } = reading;
  const items: CodeNode[] = [];
  let i = skipBlank(code, open + 1);
  while (i < code.length && code[i] !== ']') {
    const [item, end] = expression(reading, i);
    items.push(item);
    i = skipBlank(code, code[end] === ',' ? end + 1 : Math.max(end, i + 1));
  }
  return [{ offset: open, members: new Map(), items }, i + 1];
}

/** What a constant of the module is declared to be, if that is a literal. */
function constant(reading: Reading, name: string): CodeNode | undefined {
  if (reading.open.has(name)) return undefined;
  const declared = new RegExp(`\\b(?:const|let|var)\\s+${name.replaceAll('$', '\\$')}\\b[^=;]*=(?!=|>)`).exec(
    reading.code,
  );
  if (!declared) return undefined;
  reading.open.add(name);
  const [node] = expression(reading, declared.index + declared[0].length);
  reading.open.delete(name);
  return node;
}
