/** An event by the names of its attributes. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

interface Value {
  readonly kind: 'text' | 'prefix' | 'anything' | 'atLeast' | 'below';
  readonly text: string;
}

interface Term {
  readonly isNegated: boolean;
  readonly name: string;
  readonly values: readonly Value[];
}

/**
 * Whether a search finds an event: terms with spaces between them hold together, `-` in front of one negates it
 * (docs.datadoghq.com/logs/explorer/search_syntax). Reads only what stands there, and throws at anything else.
 */
export function finds(search: string, event: Attributes): boolean {
  return termsOf(search).every(({ isNegated, name, values }) => {
    const value = event[name];
    return (value !== undefined && values.some((wanted) => meets(value, wanted))) !== isNegated;
  });
}

function meets(value: string | number | boolean, { kind, text }: Value): boolean {
  if (kind === 'anything') return true;
  if (kind === 'atLeast') return Number(value) >= Number(text);
  if (kind === 'below') return Number(value) < Number(text);
  return kind === 'prefix' ? String(value).startsWith(text) : String(value) === text;
}

// An escaped character, or one that is not special outside of quotes.
const PLAIN = String.raw`(?:\\[\s\S]|[^-+=&|><!(){}[\]^"“”~*?:\\#\s])`;
const QUOTED = String.raw`"(?:\\["\\]|[^"\\])*"`;
const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const ONE = `(?:${QUOTED}|${NUMBER})`;
const VALUE = `${QUOTED}|(?:>=|<)${NUMBER}|(?:${PLAIN})*\\*?`;
const TERM = new RegExp(`(-?)@(${PLAIN}+):(?:\\((${ONE}(?: OR ${ONE})*)\\)|(${VALUE}))(?: |$)`, 'y');

function termsOf(search: string): Term[] {
  const terms: Term[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < search.length) {
    const at = TERM.lastIndex;
    const match = TERM.exec(search);
    if (!match) throw new Error(`cannot be read from ${at} on: ${search}`);
    const [, negation, name = '', several, one = ''] = match;
    const texts = several?.match(new RegExp(ONE, 'g')) ?? [one];
    terms.push({ isNegated: negation === '-', name: unescaped(name), values: texts.map(readValue) });
  }
  return terms;
}

function readValue(text: string): Value {
  if (text.startsWith('"')) return { kind: 'text', text: unescaped(text.slice(1, -1)) };
  if (text.startsWith('>=')) return { kind: 'atLeast', text: text.slice(2) };
  if (text.startsWith('<')) return { kind: 'below', text: text.slice(1) };
  if (text === '') throw new Error('a term has no value');
  if (text === '*') return { kind: 'anything', text: '' };
  // A star that is escaped is no wildcard, and then the number of backslashes in front of it is odd.
  const isPrefix = /(?<!\\)(?:\\\\)*\*$/.test(text);
  return isPrefix ? { kind: 'prefix', text: unescaped(text.slice(0, -1)) } : { kind: 'text', text: unescaped(text) };
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}
