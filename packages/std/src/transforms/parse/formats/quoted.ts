const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Reads a quoted text whose opening quote stands at `at`. A backslash hides the quote and itself, `\n`, `\r`, `\t` and `\u00e9` are what
 * they are in JSON; any other backslash stands for itself. `null`: it is not closed.
 */
export function readQuoted(text: string, at: number): { readonly value: string; readonly end: number } | null {
  const quote = text[at]!;
  let value = '';
  let from = at + 1;
  for (let k = from; k < text.length; k++) {
    if (text[k] === quote) return { value: value + text.slice(from, k), end: k + 1 };
    if (text[k] !== '\\') continue;
    const { meant, length } = escapeAt(text, k, quote);
    value += text.slice(from, k) + meant;
    k += length - 1;
    from = k + 1;
  }
  return null;
}

function escapeAt(text: string, at: number, quote: string): { meant: string; length: number } {
  const next = text[at + 1];
  if (next === quote || next === '\\') return { meant: next, length: 2 };
  const control = next === undefined ? undefined : ESCAPES[next];
  if (control !== undefined) return { meant: control, length: 2 };
  const unicode = /^\\u([\da-fA-F]{4})/.exec(text.slice(at, at + 6));
  if (unicode) return { meant: String.fromCharCode(Number.parseInt(unicode[1]!, 16)), length: 6 };
  return { meant: '\\', length: 1 };
}
