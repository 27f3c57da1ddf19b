import type { Clock } from './clock.ts';
import { hex, type Random, spread } from './random.ts';

/** What a placeholder may use: the line's number from 0, its time in seconds after the start, numbers and the clock. */
export interface LineContext {
  seq: number;
  at: number;
  random: Random;
  clock: Clock;
}

/** Prints one placeholder's text for a line. */
export type Placeholder = (context: LineContext) => string;

/** The names that may stand in {{ }}. */
export function placeholderNames(): string[] {
  return Object.keys(PLACEHOLDERS);
}

/** Reads the inside of {{ }} once; a text says what is wrong with it. */
export function preparePlaceholder(call: string): { print: Placeholder } | string {
  const [, name = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(call) ?? [];
  const make = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined;
  if (make === undefined)
    return `unknown placeholder ${JSON.stringify(name)}, expected one of ${placeholderNames().join(', ')}`;
  const print = make(rest);
  return typeof print === 'string' ? print : { print };
}

type Make = (rest: string) => Placeholder | string;

const WORDS = [
  'amber',
  'birch',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'harbor',
  'iris',
  'juniper',
  'kelp',
  'larch',
];

const PLACEHOLDERS: Readonly<Record<string, Make>> = {
  seq: (rest) =>
    withNumbers(
      rest,
      0,
      [0],
      (from) =>
        ({ seq }) =>
          String(from + seq),
    ),
  time: makeTime,
  uuid:
    () =>
    ({ random }) =>
      uuid(random),
  int: (rest) =>
    withRange(rest, 2, (least, most) => {
      if (!Number.isInteger(least) || !Number.isInteger(most)) return 'expected whole numbers, like {{int 1 6}}';
      return ({ random }) => String(least + random.below(most - least + 1));
    }),
  float: (rest) =>
    withRange(rest, 3, (least, most, digits = 3) => {
      if (!Number.isInteger(digits) || digits < 0 || digits > 15)
        return 'expected 0 to 15 digits, like {{float 0 1 3}}';
      return ({ random }) => (least + random.unit() * (most - least)).toFixed(digits);
    }),
  spread: (rest) =>
    withNumbers(
      rest,
      1,
      [0, 1],
      (median, sigma) =>
        ({ random }) =>
          spread(random, median, sigma).toFixed(3),
    ),
  pick: (rest) => {
    const choices = rest.split('|').map((choice) => choice.trim());
    return rest === '' ? 'expected choices, like {{pick red|green|blue}}' : ({ random }) => random.pick(choices);
  },
  bool: (rest) =>
    withNumbers(
      rest,
      0,
      [0.5],
      (share) =>
        ({ random }) =>
          String(random.chance(share)),
    ),
  hex: (rest) =>
    withNumbers(
      rest,
      0,
      [16],
      (digits) =>
        ({ random }) =>
          hex(random, Math.ceil(digits / 8)).slice(0, digits),
    ),
  ip:
    () =>
    ({ random }) =>
      `10.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`,
  word:
    () =>
    ({ random }) =>
      random.pick(WORDS),
};

function makeTime(rest: string): Placeholder | string {
  if (rest === '' || rest === 'ms') return ({ clock, at }) => clock.millis(at);
  if (rest === 'ns') return ({ clock, at }) => clock.nanos(at);
  if (rest === 'epoch_ms') return ({ clock, at }) => String(Date.parse(clock.millis(at)));
  if (rest === 'epoch_s') return ({ clock, at }) => String(Math.floor(Date.parse(clock.millis(at)) / 1000));
  return 'expected nothing, ms, ns, epoch_ms or epoch_s behind it';
}

// The arguments that are not given are taken from the end of `defaults`.
function withNumbers(
  rest: string,
  needed: number,
  defaults: readonly number[],
  make: (first: number, second: number) => Placeholder,
): Placeholder | string {
  const given = rest === '' ? [] : rest.split(/\s+/).map(Number);
  if (given.length < needed || given.length > defaults.length || given.some((value) => !(value >= 0))) {
    return `expected ${needed === defaults.length ? needed : `${needed} to ${defaults.length}`} numbers of at least 0`;
  }
  const [first = 0, second = 0] = defaults.map((value, index) => given[index] ?? value);
  return make(first, second);
}

function withRange(
  rest: string,
  most: number,
  make: (least: number, most: number, third?: number) => Placeholder | string,
): Placeholder | string {
  const [from = Number.NaN, to = Number.NaN, ...more] = rest === '' ? [] : rest.split(/\s+/).map(Number);
  if (!(from <= to) || more.length > most - 2) return 'expected two numbers, the smaller first';
  return make(from, to, ...more);
}

function uuid(random: Random): string {
  const digits = hex(random, 4);
  const variant = '89ab'[random.below(4)];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}
