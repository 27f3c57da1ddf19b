import type { Span } from '../panel-contract.ts';

/** What a viewer looks at: the last stretch of time, or one between two moments; all in milliseconds. */
export type TimeRange = { readonly last: number } | Span;

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const LONGEST = 20 * 366 * UNITS.d;

/** Ranges to choose from, shortest first. */
export const PRESETS: readonly { readonly label: string; readonly range: { readonly last: number } }[] = [
  { label: 'Last 5 minutes', range: { last: 5 * UNITS.m } },
  { label: 'Last 15 minutes', range: { last: 15 * UNITS.m } },
  { label: 'Last 1 hour', range: { last: UNITS.h } },
  { label: 'Last 3 hours', range: { last: 3 * UNITS.h } },
  { label: 'Last 6 hours', range: { last: 6 * UNITS.h } },
  { label: 'Last 24 hours', range: { last: UNITS.d } },
  { label: 'Last 7 days', range: { last: UNITS.w } },
];

/** Reads `24h` or `now-24h`; undefined when it is neither. */
export function parseLast(text: string): { last: number } | undefined {
  const match = /^(?:now-)?(\d{1,9})([smhdw])$/.exec(text.trim());
  if (match === null) return undefined;
  const last = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return last > 0 && last <= LONGEST ? { last } : undefined;
}

/** Reads the parameters `from` and `to` of an address: `now-24h`, Unix milliseconds or an ISO time; undefined when they make no range. */
export function parseRange(from: string | null, to: string | null): TimeRange | undefined {
  if (from === null) return undefined;
  const last = parseLast(from);
  if (last !== undefined) return to === null || to === 'now' ? last : undefined;
  const [begin, end] = [parseMoment(from), parseMoment(to ?? '')];
  return begin !== undefined && end !== undefined && begin < end ? { from: begin, to: end } : undefined;
}

function parseMoment(text: string): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? value : undefined;
}

/** The parameters that {@link parseRange} reads back. */
export function rangeParameters(range: TimeRange): { from: string; to?: string } {
  return 'last' in range ? { from: `now-${lengthText(range.last)}` } : { from: `${range.from}`, to: `${range.to}` };
}

/** In the largest unit that divides it. */
function lengthText(milliseconds: number): string {
  const units = Object.entries(UNITS).reverse();
  const [name, length] = units.find(([, each]) => milliseconds % each === 0) ?? ['s', UNITS.s];
  return `${Math.max(1, Math.round(milliseconds / length))}${name}`;
}

const GRAINS = [1, 5, 10, 30, 60, 300, 600, 3600, 86_400].map((seconds) => seconds * UNITS.s);
const GRAINS_IN_RANGE = 700;

/** The moments that a range means now. It ends at the next round time, less than a pixel later: pages that are open at once ask the same. */
export function spanOf(range: TimeRange, now: number): Span {
  if (!('last' in range)) return { from: range.from, to: range.to };
  const grain = GRAINS.find((each) => range.last / each <= GRAINS_IN_RANGE) ?? UNITS.d;
  const to = (Math.floor(now / grain) + 1) * grain;
  return { from: to - range.last, to };
}

/** As long again on both sides; never beyond now. */
export function widened(range: TimeRange, now: number): TimeRange {
  if ('last' in range) return { last: Math.min(LONGEST, range.last * 2) };
  const length = range.to - range.from;
  const to = Math.max(range.to, Math.min(now, range.to + length / 2));
  return { from: Math.max(0, Math.round(to - 2 * length)), to: Math.round(to) };
}

/** The range itself or, while the store holds less, the shortest preset that shows all of it. */
export function fitted(range: { readonly last: number }, first: number | null, now: number): { readonly last: number } {
  if (first === null) return range;
  const fitting = PRESETS.find(({ range: { last } }) => now - first <= last);
  return fitting !== undefined && fitting.range.last < range.last ? fitting.range : range;
}

export function sameRange(one: TimeRange | null, other: TimeRange | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
