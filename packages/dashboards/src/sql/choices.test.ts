import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { events, TYPES, views } from '../log-query.fixture.ts';
import { meets } from '../log-query.twin.ts';
import type { Dashboard } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { conditionsOf, type View } from '../view.ts';
import { type Choice, choicesSqlOf, readChoices } from './choices.ts';
import { type EventsDatabase, type FlatEvent, openEvents } from './duckdb.fixture.ts';
import { type MetricsDatabase, openMetrics } from './metrics.fixture.ts';

let database: EventsDatabase;
let metrics: MetricsDatabase;
beforeAll(async () => {
  database = await openEvents(TYPES);
  metrics = await openMetrics();
});
afterAll(() => {
  database.close();
  metrics.close();
});

const TABLES = { logs: 'events', metrics: 'metrics' };
const DASHBOARD: Dashboard = {
  ...{ id: 'drawn', system: 'drawn', name: 'Drawn', description: 'Drawn.', time: { from: '1h', refresh: '30s' } },
  ...{ base: [{ field: 'fields.place', startsNotWith: 'b' }], links: [], rows: [{ title: 'None', panels: [] }] },
  variables: [
    { name: 'level', label: 'Level', field: 'level' },
    { name: 'user', label: 'User', field: 'fields.user' },
    { name: 'port', label: 'Port', field: 'fields.port' },
    { name: 'node', label: 'Node', label_name: 'node', metric: 'read' },
    { name: 'pod', label: 'Pod', label_name: 'pod', metric: 'read' },
    { name: 'nothing', label: 'Nothing' },
  ],
};

test('are the values in the time shown, narrowed by what stands in front, the most frequent first', async () => {
  const chosen = fc.record(
    { level: fc.constant(['INFO']), user: fc.constantFrom(['ann'], ['"', '\\']), port: fc.constant(['80']) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(events, views, chosen, fc.integer({ min: 1, max: 4 }), async (some, drawn, choice, limit) => {
      await database.fill(some);
      const view = { ...drawn, chosen: choice };
      for (const [name, field] of [
        ['level', 'level'],
        ['user', 'fields.user'],
        ['port', 'fields.port'],
      ] as const) {
        const sql = choicesSqlOf(name, DASHBOARD, DEFAULTS, view, limit, TABLES);
        expect(readChoices(await database.ask(sql))).toEqual(choicesTwin(name, field, view, some).slice(0, limit));
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

function choicesTwin(name: string, field: string, view: View, some: readonly FlatEvent[]): Choice[] {
  const before = DASHBOARD.variables.slice(
    0,
    DASHBOARD.variables.findIndex((variable) => variable.name === name),
  );
  const conditions = conditionsOf([], { ...DASHBOARD, variables: before }, view);
  const counts = new Map<string, number>();
  for (const event of some) {
    const time = Number(event['@timestamp']);
    const value = event[field];
    if (time < view.from || time >= view.to || value === undefined || !meets(event, conditions)) continue;
    counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  const bytes = (text: string) => Buffer.from(text);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || Buffer.compare(bytes(a.value), bytes(b.value)));
}

test('of a variable that only metrics have, the values of its label by series', async () => {
  const time = Date.parse('2026-03-01T00:00:00Z');
  const point = (series: number, labels: Record<string, string>, after = 0) => {
    return { series, name: 'm_read', labels, time: time + after, value: 1 };
  };
  await metrics.fill([
    ...[point(1, { node: 'a', pod: 'x' }), point(1, { node: 'a', pod: 'x' }, 1), point(2, { node: 'a', pod: "y'" })],
    ...[
      point(3, { node: 'b', pod: 'z' }),
      point(4, {}),
      point(5, { node: 'old' }, -1),
      point(6, { node: 'new' }, 60_000),
    ],
    { ...point(7, { node: 'other' }), name: 'm_sent' },
  ]);
  const ask = async (name: string, chosen: View['chosen'] = {}) => {
    const view = { from: time, to: time + 60_000, chosen };
    const sql = choicesSqlOf(name, DASHBOARD, { ...DEFAULTS, metric_prefix: 'm_' }, view, 10, TABLES);
    return readChoices(await metrics.ask(sql)).map(({ value, count }) => [value, count]);
  };
  expect(await ask('node')).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(await ask('pod', { node: ['a'], pod: ['z'] })).toEqual([
    ['x', 1],
    ["y'", 1],
  ]);
});

test('there are none of what the dashboard does not have, or cannot look up', () => {
  const ask = (name: string) => choicesSqlOf(name, DASHBOARD, DEFAULTS, { from: 0, to: 1 }, 10);
  expect(() => ask('colour')).toThrow('there is no variable "colour"');
  expect(() => ask('nothing')).toThrow('the variable "nothing" has no field and no label of a metric');
});
