import type { Status } from '@tailrace/local';
import type { Span } from '../panel-contract.ts';
import type { TimeRange } from './time-range.ts';

/** Milliseconds between two pictures; 0: none but by hand; {@link AUTO}. */
export type Refresh = number;

/** As often as it costs next to nothing. */
export const AUTO = -1;

export const REFRESHES: readonly { readonly label: string; readonly text: string; readonly every: Refresh }[] = [
  { label: 'Auto', text: 'auto', every: AUTO },
  { label: 'Off', text: 'off', every: 0 },
  { label: '5 s', text: '5s', every: 5000 },
  { label: '30 s', text: '30s', every: 30_000 },
  { label: '1 m', text: '1m', every: 60_000 },
  { label: '5 m', text: '5m', every: 300_000 },
];

/** Reads `off`, `5s` and the others; undefined for what is none of them. */
export function parseRefresh(text: string | null): Refresh | undefined {
  return REFRESHES.find((each) => each.text === text)?.every;
}

export function refreshText(every: Refresh): string {
  return REFRESHES.find((each) => each.every === every)?.text ?? 'off';
}

/** What all panels show at one time. */
export interface Picture {
  readonly span: Span;
  /** Milliseconds, of the store's clock. */
  readonly drawn: number;
  /** What the store held then; null when it had not answered yet. */
  readonly revision: number | null;
  readonly events: number;
  /** Milliseconds that answers had taken since the page was opened. */
  readonly spent: number;
}

const FASTEST = 2000;
const GROWTH = 1.5;
/** Of the usual pace, so that what costs much is not asked often while a store fills either. */
const GROWING = 1 / 10;
/** Events up to which a store that grows is in its first seconds; later its answers cost more than they tell. */
const YOUNG = 200_000;
/** Time moves on by less than a pixel. */
const STEPS = 300;

/** What answers may take of the time until the next, all added up: most of it is waiting for each other, so that one core works a fiftieth of the time. */
const SHARE = 1 / 10;
const FASTEST_AUTO = 5000;
/** Of what the dashboard asks for itself. */
const MOST_PATIENCE = 5;

/** Milliseconds from a picture to the next, when its answers took so long; automatic ones come at least every five times `usual`. */
export function paceOf(every: Refresh, usual: number, cost: number): number {
  return every === AUTO ? Math.min(usual * MOST_PATIENCE, Math.max(FASTEST_AUTO, cost / SHARE)) : every;
}

/** Whether a picture is to be drawn anew: at its time when anything is new, and sooner while the store grows fast, as in its first seconds. */
export function isStale(picture: Picture, range: TimeRange, every: Refresh, status: Status, now: number): boolean {
  if (every === 0) return false;
  const age = now - picture.drawn;
  const events = eventsIn(status);
  const grows = events >= picture.events * GROWTH && status.revision !== picture.revision;
  if (grows && events > 0 && events < YOUNG) return age >= Math.max(FASTEST, every * GROWING);
  if (age < every) return false;
  return status.revision !== picture.revision || ('last' in range && age > range.last / STEPS);
}

export function eventsIn(status: Status | null): number {
  return status === null ? 0 : status.logs + status.metrics + status.traces;
}
