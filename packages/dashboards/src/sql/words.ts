import { text } from './quote.ts';

const MOST_WORDS = 20;
const MOST_CHARACTERS = 1000;

/** That all words of a text are in a column of JSON text, in any order and case, as SQL expressions; throws a RangeError when it is too long. */
export function wordsIn(search: string, column: string): string[] {
  if (search.length > MOST_CHARACTERS) throw new RangeError(`text: longer than ${MOST_CHARACTERS} characters`);
  const words = [...new Set(search.split(/\s+/).filter((word) => word !== ''))];
  if (words.length > MOST_WORDS) throw new RangeError(`text: more than ${MOST_WORDS} words`);
  return words.map((word) => {
    const spelled = spellings(word).map((each) => `contains(lower(${column}), lower(${text(each)}))`);
    return `(${spelled.join(' OR ')})`;
  });
}

/** A word as JSON text may have it: as it is, with its quotes escaped, and in ASCII alone, where it matters which case was escaped. */
function spellings(word: string): string[] {
  const escaped = (one: string) => JSON.stringify(one).slice(1, -1);
  const all = [
    word,
    escaped(word),
    ...[word, word.toLowerCase(), word.toUpperCase()].map((one) => ascii(escaped(one))),
  ];
  return [...new Map(all.map((one) => [one.toLowerCase(), one])).values()];
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
