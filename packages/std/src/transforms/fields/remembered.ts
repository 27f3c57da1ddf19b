/** Answers that are kept, and the longest text, in characters, with one: of a log's values most come again and again. */
const MOST = 1000;
const LONGEST = 200;

/** The same function of a text, which keeps its last answers. */
export function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const there = known.get(text);
    if (there !== undefined) return there;
    const made = make(text);
    if (text.length > LONGEST) return made;
    if (known.size === MOST) known.clear();
    known.set(text, made);
    return made;
  };
}
