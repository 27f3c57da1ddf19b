import fc from 'fast-check';
import type { Column, Condition, Dashboard, LogQuery } from './model.ts';
import type { FlatEvent } from './sql/duckdb.fixture.ts';
import type { View } from './view.ts';

/** The fields of drawn events. */
export const TYPES = {
  ...{ '@timestamp': 'date', level: 'keyword', 'fields.user': 'keyword', 'fields.place': 'keyword' },
  ...{ 'fields.port': 'long', 'fields.took': 'double', 'fields.down': 'boolean' },
} as const;

/** What languages of queries know as signs of their own. */
export const NASTY = [
  '',
  ' ',
  'a',
  'b',
  'a b',
  '"',
  "'",
  "''",
  '\\',
  '\\"',
  '*',
  'a*',
  '?',
  '%',
  '_',
  ':',
  '(',
  ')',
  '$x',
  '{}',
  'or',
  'NOT',
  '--',
  ';',
  '\n',
  'é',
  '🚀',
  '\uffff',
];

const START = Date.parse('2026-03-01T00:00:00Z');
const text = fc.constantFrom(...NASTY);
const few = fc.constantFrom('ann', 'bob', 'cy', '"', '\\');
const took = fc.integer({ min: -8, max: 400 }).map((eighths) => eighths / 8);

/** Events of a few minutes; any field but the time may be missing. Numbers add up exactly. */
export const events: fc.Arbitrary<FlatEvent[]> = fc.array(
  fc
    .record(
      {
        '@timestamp': fc.integer({ min: 0, max: 600_000 }).map((after) => START + after),
        level: fc.constantFrom('INFO', 'WARN'),
        'fields.user': few,
        'fields.place': text,
        'fields.port': fc.constantFrom(-1, 0, 80, 443, 8080),
        'fields.took': took,
        'fields.down': fc.boolean(),
      },
      { requiredKeys: ['@timestamp'] },
    )
    .map((event) => event as FlatEvent),
  { maxLength: 60 },
);

const keyword = fc.constantFrom('level', 'fields.user', 'fields.place');
const numeric = fc.constantFrom('fields.port', 'fields.took');
const anyField = fc.oneof(keyword, numeric, fc.constant('fields.down'));
const someText = fc.oneof(text, few, fc.constant('INFO'));

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field: keyword, is: fc.oneof(someText, fc.array(someText, { minLength: 1, maxLength: 3 })) }),
  fc.record({ field: keyword, isNot: fc.oneof(someText, fc.array(someText, { minLength: 1, maxLength: 3 })) }),
  fc.record({ field: fc.constant('fields.port'), is: fc.oneof(fc.constant(80), fc.constant([0, 443])) }),
  fc.record({ field: fc.constant('fields.down'), is: fc.boolean() }),
  fc.record({ field: fc.constant('fields.down'), isNot: fc.boolean() }),
  fc.record({ field: anyField, exists: fc.boolean() }),
  fc.record({ field: keyword, startsWith: someText }),
  fc.record({ field: keyword, startsNotWith: someText }),
  fc.record({ field: numeric, atLeast: took }),
  fc.record({ field: numeric, below: took }),
);

const conditions = fc.array(condition, { maxLength: 2 });

const aggregation = fc.oneof(
  { arbitrary: fc.constant({ op: 'count' as const }), weight: 3 },
  fc.constant({ op: 'last_seen' as const }),
  fc.record({ op: fc.constant('cardinality' as const), field: anyField }),
  fc.record({ op: fc.constantFrom('sum' as const, 'avg' as const, 'max' as const, 'min' as const), field: numeric }),
  fc.record({
    op: fc.constant('percentile' as const),
    field: numeric,
    percent: fc.constantFrom(50 as const, 99 as const),
  }),
);

const column = (name: string): fc.Arbitrary<Column> =>
  fc.tuple(aggregation, fc.option(conditions, { nil: undefined })).map(([one, where]) => ({
    ...one,
    name,
    ...(where !== undefined && { where }),
  }));

const grouping = fc.record({ field: anyField, size: fc.integer({ min: 1, max: 4 }), name: fc.constant('Group') });

/** Queries of all forms over those fields. */
export const queries: fc.Arbitrary<LogQuery> = fc
  .record({
    where: conditions,
    agg: fc.tuple(column('first'), column('second')),
    by: fc.uniqueArray(grouping, { maxLength: 3, selector: ({ field }) => field }),
    form: fc.constantFrom('plain', 'time', 'running', 'having'),
    atLeast: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ where, agg, by, form, atLeast }): LogQuery => {
    const query: LogQuery = { source: 'logs', where, agg, by };
    if (form === 'time') return { ...query, over: 'time' };
    const additive = agg.every(({ op }) => op === 'count' || op === 'sum');
    if (form === 'running' && additive) return { ...query, over: 'time', running: { plus: 'first', minus: 'second' } };
    return form === 'having' ? { ...query, having: { name: 'second', atLeast } } : query;
  });

/** Views that see all events or a part of them, with some users chosen or none. */
export const views: fc.Arbitrary<View> = fc
  .record({
    from: fc.integer({ min: -1000, max: 300_000 }),
    length: fc.integer({ min: 1, max: 400_000 }),
    step: fc.constantFrom(30_000, 60_000, 61_000),
    chosen: fc.option(fc.record({ user: fc.array(few, { maxLength: 2 }) }), { nil: undefined }),
  })
  .map(({ from, length, step, chosen }) => ({
    ...{ from: START + from, to: START + from + length, step },
    ...(chosen !== undefined && { chosen }),
  }));

/** A dashboard with a base and a variable, and no panels. */
export const DASHBOARD: Dashboard = {
  ...{ id: 'drawn', system: 'drawn', name: 'Drawn', description: 'Drawn.', time: { from: '1h', refresh: '30s' } },
  base: [{ field: 'fields.place', startsNotWith: 'b' }],
  variables: [{ name: 'user', label: 'User', field: 'fields.user' }],
  rows: [{ title: 'None', panels: [] }],
  links: [],
};
