import { isUtf8 } from 'node:buffer';
import {
  type Exposition,
  ExpositionError,
  type FamilyType,
  type LabelPairs,
  type Sample,
  type SampleExemplar,
  SampleLimitError,
} from './exposition.ts';
import { Families } from './families.ts';
import { readLabels } from './labels.ts';
import { readMilliseconds, readNumber, readSeconds } from './numbers.ts';
import { Reader, resolveEscapes, shown } from './reader.ts';

/** The two texts that targets speak: Prometheus' format 0.0.4 and OpenMetrics 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** Limits of what is read. */
export interface ParseOptions {
  readonly format: ExpositionFormat;
  /** More samples than this are refused. */
  readonly sampleLimit: number;
}

const [NEWLINE, SPACE, QUOTE, HASH, OPEN] = [0x0a, 0x20, 0x22, 0x23, 0x7b];
const TYPES: Readonly<Record<string, FamilyType>> = {
  ...{ counter: 'counter', gauge: 'gauge', histogram: 'histogram', gaugehistogram: 'gaugehistogram' },
  ...{ summary: 'summary', info: 'info', stateset: 'stateset', unknown: 'unknown', untyped: 'unknown' },
};
const NO_LABELS: LabelPairs = [];
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads an exposition: text format 0.0.4 (prometheus.io, "Exposition formats") or OpenMetrics 1.0, both with quoted UTF-8 names. As in
 * Prometheus one wrong line makes all of it worthless: throws {@link ExpositionError}, or {@link SampleLimitError}.
 */
export function parseExposition(body: Uint8Array, { format, sampleLimit }: ParseOptions): Exposition {
  const isOpenMetrics = format === 'openmetrics';
  const reader = new Reader(decode(body));
  const nul = reader.text.indexOf('\0');
  if (nul >= 0) reader.fail('a NUL byte cannot be part of an exposition', nul);
  const families = new Families(isOpenMetrics);
  let samples = 0;
  const { text } = reader;
  while (reader.at < text.length) {
    if (!isOpenMetrics) reader.blanks();
    const code = reader.peek();
    if (code === HASH) {
      if (readComment(reader, families, isOpenMetrics)) return { families: families.list, samples };
    } else if (code === NEWLINE && !isOpenMetrics) {
      reader.at++;
    } else if (reader.at < text.length) {
      const sample = readSample(reader, isOpenMetrics);
      if (++samples > sampleLimit) throw new SampleLimitError(`more than ${sampleLimit} samples`);
      families.of(sample.name).samples.push(sample);
    }
  }
  if (isOpenMetrics) reader.fail('the text ends without "# EOF": it was cut on the way');
  return { families: families.list, samples };
}

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body);
  } catch {
    return refuseBytes(body);
  }
}

/** Finds the line that is not UTF-8. */
function refuseBytes(body: Uint8Array): never {
  let line = 1;
  for (let from = 0; from < body.length; line++) {
    const next = body.indexOf(NEWLINE, from);
    const end = next < 0 ? body.length : next;
    if (!isUtf8(body.subarray(from, end))) break;
    from = end + 1;
  }
  throw new ExpositionError(line, 1, 'holds bytes that are not UTF-8');
}

/** A line that begins with `#`; true when it is OpenMetrics' end. */
function readComment(reader: Reader, families: Families, isOpenMetrics: boolean): boolean {
  reader.at++;
  if (isOpenMetrics && !reader.take(SPACE)) reader.expected('one space after "#"');
  const isSpaced = isOpenMetrics || reader.blanks();
  const wordAt = reader.at;
  const word = isSpaced ? reader.word() : '';
  if (word === 'HELP' || word === 'TYPE' || (word === 'UNIT' && isOpenMetrics)) {
    readMetadata(reader, families, word, isOpenMetrics);
    return false;
  }
  if (!isOpenMetrics) {
    reader.rest();
    return false;
  }
  if (word !== 'EOF') reader.fail('expected HELP, TYPE, UNIT or EOF behind "#"', wordAt);
  reader.take(NEWLINE);
  if (reader.at < reader.text.length) reader.fail('there is more behind "# EOF"', reader.at);
  return true;
}

function readMetadata(reader: Reader, families: Families, word: string, isOpenMetrics: boolean): void {
  gap(reader, isOpenMetrics, 'a metric name');
  const family = families.declare(reader.peek() === QUOTE ? reader.quoted() : reader.metricName());
  if (reader.at < reader.text.length && reader.peek() !== NEWLINE) gap(reader, isOpenMetrics, 'a space');
  const at = reader.at;
  const value = reader.rest();
  if (word === 'HELP') {
    family.help = resolveEscapes(value);
    return;
  }
  if (word === 'UNIT') {
    if (value !== '' && !family.name.endsWith(`_${value}`))
      reader.fail(
        `the unit has to be the end of the metric's name: ${shown(family.name)} does not end with ${shown(`_${value}`)}`,
        at,
      );
    family.unit = value;
    return;
  }
  const type = Object.hasOwn(TYPES, value.trim()) ? TYPES[value.trim()] : undefined;
  if (!type) reader.fail(`unknown type ${shown(value)}: expected one of ${Object.keys(TYPES).join(', ')}`, at);
  family.type = type;
}

/** Between the parts of a line: OpenMetrics has one space, 0.0.4 any blanks. */
function gap(reader: Reader, isOpenMetrics: boolean, what: string): void {
  if (!(isOpenMetrics ? reader.take(SPACE) : reader.blanks())) reader.expected(`a space before ${what}`);
}

function readSample(reader: Reader, isOpenMetrics: boolean): Sample {
  const isBraced = reader.peek() === OPEN;
  let name = isBraced ? '' : reader.metricName();
  if (!isOpenMetrics) reader.blanks();
  let labels = NO_LABELS;
  if (reader.take(OPEN)) {
    const { quotedName, pairs } = readLabels(reader, isOpenMetrics);
    if (quotedName !== undefined && !isBraced) reader.fail('a metric cannot have two names');
    if (isBraced && quotedName === undefined)
      reader.fail('the braces hold no metric name, and none stands before them');
    name = quotedName ?? name;
    labels = pairs;
    if (!isOpenMetrics) reader.blanks();
    else if (!reader.take(SPACE)) reader.expected('one space and a value');
  } else if (isOpenMetrics && !reader.take(SPACE)) reader.expected('labels, or one space and a value');
  const value = readValue(reader);
  const time = readTime(reader, isOpenMetrics);
  const exemplar = isOpenMetrics && reader.peek() === SPACE ? readExemplar(reader) : undefined;
  endLine(reader, isOpenMetrics);
  return { name, labels, value, ...(time !== undefined && { time }), ...(exemplar && { exemplar }) };
}

function endLine(reader: Reader, isOpenMetrics: boolean): void {
  if (!isOpenMetrics) reader.blanks();
  if (reader.take(NEWLINE) || (reader.at === reader.text.length && !isOpenMetrics)) return;
  reader.expected('the end of the line');
}

function readValue(reader: Reader): number {
  const from = reader.at;
  reader.skipWord();
  const value = readNumber(reader.text, from, reader.at);
  if (value === undefined) {
    const found = reader.at === from ? 'nothing' : shown(reader.text.slice(from, reader.at));
    reader.fail(`expected a number, found ${found}`, from);
  }
  return value;
}

/** The time behind a value, or nothing. An exemplar's `#` is left where it is, with the space before it. */
function readTime(reader: Reader, isOpenMetrics: boolean): bigint | undefined {
  const back = reader.at;
  if (!(isOpenMetrics ? reader.take(SPACE) : reader.blanks())) return undefined;
  const code = reader.peek();
  if (code === NEWLINE && !isOpenMetrics) return undefined;
  if (reader.at === reader.text.length && !isOpenMetrics) return undefined;
  if (code === HASH && isOpenMetrics) {
    reader.at = back;
    return undefined;
  }
  const from = reader.at;
  const spelled = reader.word();
  const time = isOpenMetrics ? readSeconds(spelled) : readMilliseconds(spelled);
  const what = isOpenMetrics ? 'a time in seconds' : 'a time in whole milliseconds';
  if (time === undefined) reader.fail(`expected ${what}, found ${shown(spelled)}`, from);
  return time;
}

function readExemplar(reader: Reader): SampleExemplar {
  for (const [code, what] of EXEMPLAR_START) if (!reader.take(code)) reader.expected(what);
  const { quotedName, pairs } = readLabels(reader, true);
  if (quotedName !== undefined) reader.fail('expected labels, found a name without a value');
  if (!reader.take(SPACE)) reader.expected("one space and the exemplar's value");
  const value = readValue(reader);
  const time = readTime(reader, true);
  return { labels: pairs, value, ...(time !== undefined && { time }) };
}

const EXEMPLAR_START = [
  [SPACE, 'a space'],
  [HASH, '"#" and an exemplar'],
  [SPACE, 'one space behind "#"'],
  [OPEN, 'the labels of an exemplar in braces'],
] as const;
