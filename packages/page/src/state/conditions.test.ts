import type { Panel } from '@tailrace/dashboards';
import type { DashboardView } from '@tailrace/local';
import { describe, expect, it } from 'vitest';
import { conditionOf, conditionsBehind, conditionWords, isCondition, partsOf } from './conditions.ts';

const BASE = { field: 'kubernetes.container_name', is: 'operator' } as const;
const START = { field: 'fields.message', is: 'Session Start' } as const;
const view: DashboardView = {
  ...{ id: 'usage', system: 'mirrord', name: 'Usage', description: '', links: [], rows: [] },
  time: { from: '24h', refresh: '1m' },
  base: [BASE],
  variables: [
    { name: 'namespace', label: 'Namespace', field: 'fields.namespace' },
    { name: 'user', label: 'User', field: 'fields.user' },
  ],
};
const frame = { id: 'p', title: 'P', description: '', width: 6, height: 6, unit: 'none' } as const;
const byUser = { field: 'fields.user', size: 10, name: 'User' };
const top: Panel = {
  ...frame,
  kind: 'toplist',
  query: { source: 'logs', where: [START], agg: [{ op: 'count', name: 'n' }], by: [byUser] },
};
const shares: Panel = {
  ...frame,
  kind: 'donut',
  query: {
    ...{ source: 'logs', where: [START] },
    agg: [
      { op: 'count', name: 'with', where: [{ field: 'filter', exists: true }] },
      { op: 'count', name: 'without', where: [{ field: 'filter', exists: false }] },
    ],
  },
};
const gauge: Panel = {
  ...frame,
  kind: 'stat',
  query: {
    source: 'metrics',
    of: 'mirrord',
    lines: [{ name: 'n', shape: 'gauge', fold: 'sum', metric: 'm' }],
  },
};

describe('the events behind a panel', () => {
  it('meet its base, what was chosen, and its own conditions', () => {
    expect(conditionsBehind(view, top, { user: ['ada'], namespace: ['a', 'b'], gone: ['x'] })).toEqual([
      BASE,
      { field: 'fields.namespace', is: ['a', 'b'] },
      { field: 'fields.user', is: 'ada' },
      START,
    ]);
  });

  it('are of the group that was clicked, said once', () => {
    expect(conditionsBehind(view, top, { user: ['ada'] }, { groups: ['ada'] })).toEqual([
      BASE,
      { field: 'fields.user', is: 'ada' },
      START,
    ]);
  });

  it('are of the column that was clicked', () => {
    expect(conditionsBehind(view, shares, {}, { column: 'without' })).toEqual([
      BASE,
      START,
      { field: 'filter', exists: false },
    ]);
    expect(conditionsBehind(view, shares, {})).toEqual([BASE, START]);
  });

  it('are none of metrics and of text', () => {
    expect(conditionsBehind(view, gauge, {})).toBeUndefined();
    expect(conditionsBehind(view, { ...frame, kind: 'text', text: '' }, {})).toBeUndefined();
  });

  it('have the field that a number is made of', () => {
    const median: Panel = {
      ...frame,
      kind: 'stat',
      query: { source: 'logs', where: [], agg: [{ op: 'percentile', percent: 50, field: 'duration', name: 'p50' }] },
    };
    expect(conditionsBehind(view, median, {})).toEqual([BASE, { field: 'duration', exists: true }]);
  });
});

describe('a condition from a form', () => {
  it.each([
    ['is', 'ada', 'keyword', { field: 'f', is: 'ada' }],
    ['is', '80', 'long', { field: 'f', is: 80 }],
    ['isNot', 'true', 'boolean', { field: 'f', isNot: true }],
    ['is', '80', null, { field: 'f', is: '80' }],
    ['exists', '', null, { field: 'f', exists: true }],
    ['missing', '', null, { field: 'f', exists: false }],
    ['startsWith', 'a', 'keyword', { field: 'f', startsWith: 'a' }],
    ['startsNotWith', 'a', 'keyword', { field: 'f', startsNotWith: 'a' }],
    ['atLeast', '1.5', 'double', { field: 'f', atLeast: 1.5 }],
    ['below', '-2', 'long', { field: 'f', below: -2 }],
  ] as const)('%s %s of a %s', (operator, text, type, condition) => {
    expect(conditionOf('f', operator, text, type)).toEqual({ condition });
    expect(isCondition(condition)).toBe(true);
    expect(partsOf(condition)).toMatchObject({ field: 'f', operator });
  });

  it.each([
    ['is', 'eighty', 'long'],
    ['is', '', 'long'],
    ['is', 'yes', 'boolean'],
    ['atLeast', 'much', null],
    ['below', ' ', null],
    ['startsWith', '', 'keyword'],
  ] as const)('%s “%s” of a %s is refused with a sentence', (operator, text, type) => {
    expect(conditionOf('f', operator, text, type)).toEqual({ problem: expect.stringMatching(/\.$/) });
  });

  it('can be read aloud', () => {
    expect(conditionWords({ field: 'user', is: ['ada', 'bob'] })).toBe('user is ada or bob');
    expect(conditionWords({ field: 'user', isNot: '' })).toBe('user is not ""');
    expect(conditionWords({ field: 'user', exists: false })).toBe('user does not exist');
  });
});
