import type { Condition } from '@tailrace/dashboards';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFRESHES } from './refresh.ts';
import { eventsAt, parseRoute, type Route, routeHash } from './route.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const range = fc.option(fc.constantFrom({ last: 3_600_000 }, { from: 5, to: 9 }));
const refresh = fc.option(fc.constantFrom(...REFRESHES.map(({ every }) => every)));
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field: text, is: fc.oneof(text, fc.boolean(), fc.integer(), fc.array(text)) }),
  fc.record({ field: text, isNot: text }),
  fc.record({ field: text, exists: fc.boolean() }),
  fc.record({ field: text, startsWith: text }),
  fc.record({ field: text, atLeast: fc.integer() }),
  fc.record({ field: text, below: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
);
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({
    ...{ page: fc.constant('dashboard' as const), id: name, range, refresh },
    chosen: fc.dictionary(name, fc.array(text, { minLength: 1, maxLength: 3 }), { noNullPrototype: true }),
  }),
  fc.record({
    ...{ page: fc.constant('events' as const), range, refresh, text, open: fc.option(name) },
    where: fc.array(condition, { maxLength: 4 }),
    columns: fc.array(fc.oneof(name, fc.constantFrom('a,b', 'l."a,b"', '[', '"', 'a')), { maxLength: 4 }),
  }),
  fc.record({ page: fc.constant('event' as const), key: name }),
);

describe('an address', () => {
  it('says all of a route', () => {
    fc.assert(
      fc.property(route, (each) => {
        // Numbers go through JSON, which knows no −0.
        expect(parseRoute(routeHash(each))).toEqual(JSON.parse(JSON.stringify(each)));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['', { page: 'home' }],
    ['#/', { page: 'home' }],
    ['#/nowhere', { page: 'unknown' }],
    ['#/d/%E0%A4%A', { page: 'unknown' }],
    ['#/event/abc-0000', { page: 'event', key: 'abc-0000' }],
    [
      '#/d/mirrord-usage?from=now-6h&refresh=5s&var.client_user=ada&var.client_user=bob',
      {
        ...{ page: 'dashboard', id: 'mirrord-usage', range: { last: 21_600_000 }, refresh: 5000 },
        chosen: { client_user: ['ada', 'bob'] },
      },
    ],
  ])('%s', (hash, expected) => {
    expect(parseRoute(hash)).toEqual(expected);
  });

  it('has names of fields as people write them', () => {
    const columns = ['level', 'labels."a,b"'];
    expect(parseRoute(`#/events?columns=${columns.join(',')}`)).toMatchObject({ columns });
    expect(parseRoute('#/events?columns=["a,b","c"]')).toMatchObject({ columns: ['a,b', 'c'] });
    expect(parseRoute('#/events?columns=[1')).toMatchObject({ columns: [] });
    expect(routeHash(eventsAt({}, { columns: ['level', 'a.b'] }))).toBe('#/events?columns=level%2Ca.b');
  });

  it('leaves out what cannot be meant', () => {
    const where = JSON.stringify([{ field: 'a', is: 'b' }, { field: 'a', like: 'b' }, { field: 1, is: 2 }, 'x', null]);
    const parsed = parseRoute(`#/events?from=never&refresh=often&where=${encodeURIComponent(where)}`);
    expect(parsed).toMatchObject({ range: null, refresh: null, where: [{ field: 'a', is: 'b' }] });
    expect(parseRoute('#/events?where={')).toMatchObject({ where: [] });
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        expect(parseRoute(hash)).toHaveProperty('page');
      }),
      { numRuns: 100 },
    );
  });
});
