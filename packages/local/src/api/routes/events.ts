import { integer, list, path, string } from '@tailrace/core';
import {
  type EventSearch,
  eventSqlOf,
  foundSqlOf,
  parseEventKey,
  readEvent,
  readFound,
  searchSqlOf,
} from '@tailrace/dashboards';
import { ApiProblem } from '../api-problem.ts';
import { condition } from '../condition-schema.ts';
import { fieldsOf } from '../event-fields.ts';
import { type ApiContext, defineRoute } from '../route.ts';
import type { FoundEvents } from '../types.ts';
import { TIME } from './time.ts';

const LIMIT = 50;
const LIMITS = { milliseconds: 15_000, isOwn: true };

/** What narrows events down. */
const NARROWING = {
  ...TIME,
  where: list(condition, { description: 'Conditions that all hold, as JSON.', maxItems: 100 }),
  text: string({ description: 'Words that are all in the event’s text, in any order and case.', maxLength: 1000 }),
};

/** The newest events that fit. */
export const search = defineRoute({
  method: 'GET',
  path: '/api/v1/events',
  summary: 'Log events, the newest first, by time, by conditions on their fields and by words.',
  query: {
    ...NARROWING,
    columns: list(string({ description: 'Path of a field, declared or not.', minLength: 1, maxLength: 500 }), {
      description: 'What the cells of the answer show; a JSON list where a name has a comma outside of quotes.',
      maxItems: 50,
    }),
    before: string({ description: '`next` of the page before.', maxLength: 100 }),
    limit: integer({ description: 'Events of one page.', minimum: 1, maximum: 500, examples: [LIMIT] }),
  },
  shared: true,
  answer: 'FoundEvents',
  answerOf: (context, { query: { from, to, where = [], text = '', columns = [], before, limit = LIMIT }, signal }) =>
    findEvents(context, { from, to, where, text, columns, limit, ...(before !== undefined && { before }) }, signal),
});

/** A page of events, and how many there are; rejects with an {@link ApiProblem} for a search that makes no sense. */
async function findEvents({ store }: ApiContext, asked: EventSearch, signal: AbortSignal): Promise<FoundEvents> {
  if (!(asked.from < asked.to))
    throw new ApiProblem('bad_parameter', `from ${asked.from} must be before to ${asked.to}`);
  const tables = { fields: store.fields, stepsOf: (field: string) => path(field).steps };
  const [page, count] = await Promise.all([
    store.read(searchSqlOf(asked, tables), { ...LIMITS, rows: asked.limit + 1, signal }),
    store.read(foundSqlOf(asked, tables), { ...LIMITS, rows: 1, signal }),
  ]);
  const { events, next } = readFound(asked, page.rows);
  return { kind: 'events', columns: asked.columns, events, next, total: Number(count.rows[0]?.[0] ?? 0) };
}

/** One event. */
export const event = defineRoute({
  method: 'GET',
  path: '/api/v1/events/{key}',
  summary: 'One log event: its members with their types, its text, and the file and byte it was read at.',
  params: { key: string({ description: 'As lists of events have it.', required: true, maxLength: 300 }) },
  answer: 'OneEvent',
  async answerOf({ store }, { params, signal }) {
    const key = parseEventKey(params.key);
    if (key === undefined)
      throw new ApiProblem('bad_parameter', 'key must be that of an event: `<stream>-<offset, 12 hex digits>`');
    const { rows } = await store.read(eventSqlOf(key), { ...LIMITS, rows: 1, signal });
    const found = readEvent(rows);
    if (found === undefined)
      throw new ApiProblem('not_found', 'the store has no event of this key; it may have been too old to keep');
    return { key: params.key, ...found, fields: fieldsOf(found.text, store.fields) };
  },
});

/** The panel of a dashboard that shows events asks as a search does. */
export function newestEvents(
  context: ApiContext,
  asked: Omit<EventSearch, 'text' | 'limit'>,
  signal: AbortSignal,
): Promise<FoundEvents> {
  return findEvents(context, { ...asked, text: '', limit: LIMIT }, signal);
}
