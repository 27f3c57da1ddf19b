import type { Condition } from '@tailrace/dashboards';
import { type Chosen, isCondition } from './conditions.ts';
import { parseRefresh, type Refresh, refreshText } from './refresh.ts';
import { parseRange, rangeParameters, type TimeRange } from './time-range.ts';

/** What both the dashboards and the events have in their address; null: as usual there. */
interface Timed {
  readonly range: TimeRange | null;
  readonly refresh: Refresh | null;
}

export interface DashboardRoute extends Timed {
  readonly page: 'dashboard';
  readonly id: string;
  readonly chosen: Chosen;
}

export interface EventsRoute extends Timed {
  readonly page: 'events';
  readonly where: readonly Condition[];
  /** Sought in the whole event. */
  readonly text: string;
  /** Fields beside the time; empty: those that the page chooses. */
  readonly columns: readonly string[];
  /** Key of the event that is open beside the list. */
  readonly open: string | null;
}

/** One event alone. */
export interface EventRoute {
  readonly page: 'event';
  readonly key: string;
}

/** What the page shows; all of it is in the address behind `#`, so that addresses can be shared. */
export type Route =
  | { readonly page: 'home' }
  | DashboardRoute
  | EventsRoute
  | EventRoute
  | { readonly page: 'unknown' };

const VARIABLE = 'var.';
const MOST_CONDITIONS = 50;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const parts = path.split('/').filter((part) => part !== '');
  const parameters = new URLSearchParams(query);
  const name = decoded(parts[1] ?? '');
  if (parts.length === 0) return { page: 'home' };
  if (parts[0] === 'd' && parts.length === 2 && name) return dashboardRoute(name, parameters);
  if (parts[0] === 'events' && parts.length === 1) return eventsRoute(parameters);
  if (parts[0] === 'event' && parts.length === 2 && name) return { page: 'event', key: name };
  return { page: 'unknown' };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function timed(parameters: URLSearchParams): Timed {
  return {
    range: parseRange(parameters.get('from'), parameters.get('to')) ?? null,
    refresh: parseRefresh(parameters.get('refresh')) ?? null,
  };
}

function dashboardRoute(id: string, parameters: URLSearchParams): DashboardRoute {
  const names = new Set([...parameters.keys()].filter((key) => key.startsWith(VARIABLE)));
  const chosen = Object.fromEntries([...names].map((key) => [key.slice(VARIABLE.length), parameters.getAll(key)]));
  return { page: 'dashboard', id, ...timed(parameters), chosen };
}

function eventsRoute(parameters: URLSearchParams): EventsRoute {
  return {
    page: 'events',
    ...timed(parameters),
    where: parseConditions(parameters.get('where')),
    text: parameters.get('text') ?? '',
    columns: parseColumns(parameters.get('columns') ?? ''),
    open: parameters.get('event'),
  };
}

/** As the API reads it: with commas between, those in quotes aside, or as JSON. */
function parseColumns(text: string): readonly string[] {
  if (!text.startsWith('[')) return text.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/g) ?? [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((column) => typeof column === 'string') : [];
  } catch {
    return [];
  }
}

/** What is read as these columns, by the API, too. */
export function columnsText(columns: readonly string[]): string {
  return columns.some((column) => /[,"[]/.test(column)) ? JSON.stringify(columns) : columns.join(',');
}

function parseConditions(text: string | null): Condition[] {
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isCondition).slice(0, MOST_CONDITIONS) : [];
  } catch {
    return [];
  }
}

/** The address that {@link parseRoute} reads back, with `#`. */
export function routeHash(route: Route): string {
  switch (route.page) {
    case 'dashboard':
      return address(`#/d/${encodeURIComponent(route.id)}`, [...timeParameters(route), ...chosenParameters(route)]);
    case 'events':
      return address('#/events', [...timeParameters(route), ...eventsParameters(route)]);
    case 'event':
      return `#/event/${encodeURIComponent(route.key)}`;
    default:
      return '#/';
  }
}

type Pairs = [name: string, value: string][];

function timeParameters({ range, refresh }: Timed): Pairs {
  const pairs: Pairs = range === null ? [] : Object.entries(rangeParameters(range));
  return refresh === null ? pairs : [...pairs, ['refresh', refreshText(refresh)]];
}

function chosenParameters({ chosen }: DashboardRoute): Pairs {
  return Object.entries(chosen).flatMap(([name, values]) => values.map((value): Pairs[0] => [VARIABLE + name, value]));
}

function eventsParameters({ where, text, columns, open }: EventsRoute): Pairs {
  const pairs: Pairs = [];
  if (where.length > 0) pairs.push(['where', JSON.stringify(where)]);
  if (text !== '') pairs.push(['text', text]);
  if (columns.length > 0) pairs.push(['columns', columnsText(columns)]);
  if (open !== null) pairs.push(['event', open]);
  return pairs;
}

function address(path: string, pairs: Pairs): string {
  const query = new URLSearchParams(pairs).toString();
  return query === '' ? path : `${path}?${query}`;
}

/** The events page with nothing chosen but the time. */
export function eventsAt(timing: Partial<Timed>, chosen: Partial<EventsRoute> = {}): EventsRoute {
  const { range = null, refresh = null } = timing;
  return { page: 'events', range, refresh, where: [], text: '', columns: [], open: null, ...chosen };
}
