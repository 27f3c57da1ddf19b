/**
 * JavaScript or TypeScript of the same length in which only structure is left: the contents of strings, templates, regular expressions and
 * comments are blank, quotes stay. Whether a slash begins a regular expression is told by what stands before it, as editors do.
 */
export function maskCode(source: string): string {
  const out = source.split('');
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  let i = 0;
  let before = '';
  while (i < source.length) {
    const end = literalEnd(source, i, before);
    if (end === undefined) {
      const word = /[\w$]+/y;
      word.lastIndex = i;
      const [found] = word.exec(source) ?? [source[i]!];
      if (found.trim() !== '') before = found;
      i += found.length;
      continue;
    }
    const isComment = source.startsWith('//', i) || source.startsWith('/*', i);
    blank(isComment ? i : i + 1, isComment ? end : end - 1);
    if (!isComment) before = '"';
    i = end;
  }
  return out.join('');
}

/** Where the literal or comment that begins at `i` ends; `undefined`: none begins there. */
function literalEnd(source: string, i: number, before: string): number | undefined {
  switch (source[i]) {
    case '"':
    case "'":
      return quotedEnd(source, i);
    case '`':
      return templateEnd(source, i);
    case '/':
      return slashEnd(source, i, before);
  }
  return undefined;
}

function quotedEnd(source: string, start: number): number {
  const quote = source[start];
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === quote || source[i] === '\n') return i + 1;
  }
  return source.length;
}

function templateEnd(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '`') return i + 1;
    else if (source.startsWith('${', i)) i = expressionEnd(source, i + 2) - 1;
  }
  return source.length;
}

/** The end of `${…}`, behind its brace. */
function expressionEnd(source: string, start: number): number {
  let depth = 1;
  for (let i = start; i < source.length; i++) {
    const inner = literalEnd(source, i, '');
    if (inner !== undefined) i = inner - 1;
    else if (source[i] === '{') depth++;
    else if (source[i] === '}') depth--;
    if (depth === 0) return i + 1;
  }
  return source.length;
}

function slashEnd(source: string, start: number, before: string): number | undefined {
  const to = (text: string): number => {
    const at = source.indexOf(text, start + 2);
    return at < 0 ? source.length : at + text.length;
  };
  if (source[start + 1] === '/') return to('\n') - (source.includes('\n', start) ? 1 : 0);
  if (source[start + 1] === '*') return to('*/');
  const divides = /^[\w$)\]"]/.test(before) && !/^(?:return|typeof|case|in|of|do|else|yield|await)$/.test(before);
  return divides ? undefined : regExpEnd(source, start);
}

function regExpEnd(source: string, start: number): number | undefined {
  let inClass = false;
  for (let i = start + 1; i < source.length && source[i] !== '\n'; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '[') inClass = true;
    else if (source[i] === ']') inClass = false;
    else if (source[i] === '/' && !inClass) return i + 1;
  }
  return undefined;
}
