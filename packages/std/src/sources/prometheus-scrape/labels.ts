import type { LabelPairs } from './exposition.ts';
import { type Reader, shown } from './reader.ts';

const [QUOTE, COMMA, EQUALS, CLOSE] = [0x22, 0x2c, 0x3d, 0x7d];

/** Reads what stands behind `{`: labels, and the metric's name where it is quoted among them as the first. */
export function readLabels(reader: Reader, isOpenMetrics: boolean): { quotedName?: string; pairs: LabelPairs } {
  const start = reader.at;
  const pairs: string[] = [];
  let quotedName: string | undefined;
  let isTidy = true;
  if (!isOpenMetrics) reader.blanks();
  while (!reader.take(CLOSE)) {
    const isQuoted = reader.peek() === QUOTE;
    const name = isQuoted ? reader.quoted() : reader.labelName();
    if (!isOpenMetrics) reader.blanks();
    if (isQuoted && quotedName === undefined && pairs.length === 0 && reader.peek() !== EQUALS) {
      quotedName = name;
    } else {
      const value = readValue(reader, isOpenMetrics);
      if (value === '' || (pairs.length > 0 && name <= pairs[pairs.length - 2]!)) isTidy = false;
      pairs.push(name, value);
    }
    separator(reader, isOpenMetrics);
  }
  return { ...(quotedName !== undefined && { quotedName }), pairs: isTidy ? pairs : tidy(reader, pairs, start) };
}

function readValue(reader: Reader, isOpenMetrics: boolean): string {
  if (!reader.take(EQUALS)) reader.expected('"="');
  if (!isOpenMetrics) reader.blanks();
  const value = reader.quoted();
  if (!isOpenMetrics) reader.blanks();
  return value;
}

/** Between two labels, or before the end; only 0.0.4 allows a comma behind the last one. */
function separator(reader: Reader, isOpenMetrics: boolean): void {
  if (!reader.take(COMMA)) {
    if (reader.peek() !== CLOSE) reader.expected('"," or "}"');
    return;
  }
  if (!isOpenMetrics) reader.blanks();
  else if (reader.peek() === CLOSE) reader.expected('a label behind ","');
}

/** Sorts by name and leaves out empty values, which to Prometheus are no labels. */
function tidy(reader: Reader, pairs: readonly string[], at: number): LabelPairs {
  const names = Array.from({ length: pairs.length / 2 }, (_, k) => ({ name: pairs[2 * k]!, value: pairs[2 * k + 1]! }));
  names.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const twice = names.find(({ name }, k) => k > 0 && names[k - 1]!.name === name);
  if (twice) reader.fail(`the label ${shown(twice.name)} is there twice`, at);
  return names.filter(({ value }) => value !== '').flatMap(({ name, value }) => [name, value]);
}
