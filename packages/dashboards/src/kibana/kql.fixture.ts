import type { FlatEvent } from '../sql/duckdb.fixture.ts';

// A reader of what is written, by the rules of the language: its own, so that it does not share a mistake with the writer.

interface Token {
  readonly kind: 'bare' | 'quoted' | 'mark';
  readonly text: string;
  readonly stars: number;
}

function tokens(query: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < query.length; ) {
    const char = query[at] ?? '';
    if (char === ' ') at += 1;
    else if (char === '"') at = quotedToken(query, at + 1, found);
    else if ('():<>'.includes(char)) at = markToken(query, at, found);
    else at = bareToken(query, at, found);
  }
  return found;
}

function quotedToken(query: string, from: number, found: Token[]): number {
  let text = '';
  for (let at = from; at < query.length; at += 1) {
    if (query[at] === '"') {
      found.push({ kind: 'quoted', text, stars: 0 });
      return at + 1;
    }
    if (query[at] === '\\') {
      at += 1;
      // Within quotes \t, \r and \n would be white space.
      if ('trn'.includes(query[at] ?? '')) throw new Error('an escape that nobody wrote');
    }
    text += query[at];
  }
  throw new Error('the quotes are not closed');
}

function markToken(query: string, at: number, found: Token[]): number {
  const text = query.slice(at, at + 2) === '>=' ? '>=' : (query[at] ?? '');
  found.push({ kind: 'mark', text, stars: 0 });
  return at + text.length;
}

function bareToken(query: string, from: number, found: Token[]): number {
  let text = '';
  let stars = 0;
  let at = from;
  for (; at < query.length && !/[\s():<>"]/.test(query[at] ?? ''); at += 1) {
    if (query[at] === '*') stars += 1;
    else if (query[at] === '\\') {
      at += 1;
      text += query[at];
    } else text += query[at];
  }
  const isWord = /^(and|or|not)$/i.test(text);
  found.push({ kind: isWord ? 'mark' : 'bare', text: isWord ? text.toLowerCase() : text, stars });
  return at;
}

/** One condition of a query. */
export interface Clause {
  readonly isNegated: boolean;
  readonly field: string;
  readonly mark: string;
  readonly values: readonly Token[];
}

/** The conditions of a query that holds them together with `and`; throws where it is something else. */
export function readKql(query: string): Clause[] {
  const rest = tokens(query);
  const clauses: Clause[] = [];
  while (rest.length > 0) {
    if (clauses.length > 0) take(rest, 'mark', 'and');
    const isNegated = rest[0]?.kind === 'mark' && rest[0].text === 'not';
    if (isNegated) rest.shift();
    const field = take(rest, 'bare').text;
    const mark = take(rest, 'mark').text;
    clauses.push({ isNegated, field, mark, values: valuesIn(rest) });
  }
  return clauses;
}

function take(rest: Token[], kind: Token['kind'], text?: string): Token {
  const token = rest.shift();
  if (token?.kind !== kind || (text !== undefined && token.text !== text))
    throw new Error(`expected ${text ?? kind}, found ${JSON.stringify(token)}`);
  return token;
}

function valuesIn(rest: Token[]): Token[] {
  const first = rest.shift();
  if (first === undefined) throw new Error('the value is missing');
  if (first.kind !== 'mark') return [first];
  if (first.text !== '(') throw new Error(`found ${first.text}`);
  const values = [take(rest, 'quoted')];
  while (rest[0]?.text === 'or' && rest[0].kind === 'mark') {
    rest.shift();
    values.push(take(rest, 'quoted'));
  }
  take(rest, 'mark', ')');
  return values;
}

/** Whether an event meets a query. */
export function holds(query: string, event: FlatEvent): boolean {
  return readKql(query).every(({ isNegated, field, mark, values }) => {
    const value = event[field];
    const isMet = value !== undefined && values.some((token) => isLike(value, mark, token));
    return isMet !== isNegated;
  });
}

function isLike(value: string | number | boolean, mark: string, { kind, text, stars }: Token): boolean {
  if (mark === '>=') return Number(value) >= Number(text);
  if (mark === '<') return Number(value) < Number(text);
  return kind === 'bare' && stars > 0 ? String(value).startsWith(text) : String(value) === text;
}
