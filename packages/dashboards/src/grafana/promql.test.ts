import { parser } from '@prometheus-io/lezer-promql';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MetricExpression } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { metricPrefix, type PromqlContext, promqlOf, promqlString } from './promql.ts';

const context: PromqlContext = { prefix: 'p_', window: '5m' };
const requests = { shape: 'increase', metric: 'a_total' } as const;
const served = { shape: 'increase', metric: 'b_total' } as const;

const CASES: [string, MetricExpression, string][] = [
  ['a gauge', { shape: 'gauge', fold: 'min', metric: 'g' }, 'min(p_g)'],
  ['a gauge by labels', { shape: 'gauge', fold: 'avg', metric: 'g', by: ['b', 'a'] }, 'avg by (b, a) (p_g)'],
  ['seconds in days', { shape: 'gauge', fold: 'max', metric: 'g', scale: 1 / 86_400 }, 'max(p_g) / 86400'],
  ['a factor', { shape: 'gauge', fold: 'max', metric: 'g', scale: 2.5 }, 'max(p_g) * 2.5'],
  [
    'a rate of some series',
    { shape: 'rate', metric: 'a_total', where: [{ label: 'l', is: 'x"y' }], by: ['k'] },
    'sum by (k) (rate(p_a_total{l="x\\"y"}[5m]))',
  ],
  ['an increase', requests, 'sum(increase(p_a_total[5m]))'],
  [
    'a percentile',
    { shape: 'quantile', metric: 'h', percent: 95, by: ['k'] },
    'histogram_quantile(0.95, sum by (le, k) (rate(p_h_bucket[5m])))',
  ],
  ['buckets', { shape: 'buckets', metric: 'h' }, 'sum by (le) (increase(p_h_bucket[5m]))'],
  [
    'a ratio of counters',
    { shape: 'ratio', over: requests, under: served, atMost: 1 },
    'clamp_max((sum(increase(p_a_total[5m])) or 0 * sum(increase(p_b_total[5m]))) / (sum(increase(p_b_total[5m])) > 0), 1)',
  ],
  [
    'a ratio of gauges',
    {
      ...{ shape: 'ratio', over: { shape: 'gauge', fold: 'sum', metric: 'g' } },
      under: { shape: 'gauge', fold: 'sum', metric: 'h', scale: 2 },
    },
    'sum(p_g) / ((sum(p_h) * 2) > 0)',
  ],
  [
    'a difference of differences',
    {
      ...{ shape: 'difference', from: { shape: 'gauge', fold: 'sum', metric: 'g' } },
      minus: { shape: 'difference', from: requests, minus: served },
    },
    'sum(p_g) - (sum(increase(p_a_total[5m])) - (sum(increase(p_b_total[5m])) or 0 * sum(increase(p_a_total[5m]))))',
  ],
];

describe('PromQL', () => {
  test.each(CASES)('%s', (_, expression, text) => {
    expect(promqlOf(expression, context)).toBe(text);
    expect(errorsIn(text)).toEqual([]);
  });

  test('an increase over a step is a rate times its length', () => {
    const stepped = { ...context, step: '60' };
    expect(promqlOf(requests, stepped)).toBe('sum(rate(p_a_total[5m])) * 60');
    expect(promqlOf({ shape: 'difference', from: requests, minus: served }, stepped)).toBe(
      '(sum(rate(p_a_total[5m])) * 60) - ((sum(rate(p_b_total[5m])) * 60) or 0 * (sum(rate(p_a_total[5m])) * 60))',
    );
  });

  test('a variable narrows series that have its label, and no others', () => {
    const variables = [{ label: 'component_id', variable: 'component' }];
    expect(promqlOf({ shape: 'rate', metric: 'm' }, { ...context, variables })).toBe(
      'sum(rate(p_m{component_id=~"$component|"}[5m]))',
    );
  });

  test('only the metrics of mirrord have the prefix', () => {
    const parameters = { ...DEFAULTS, metric_prefix: 'prod_' };
    expect([metricPrefix('mirrord', parameters), metricPrefix('tailrace', parameters)]).toEqual(['prod_', '']);
  });

  test('any text is one string that says the same, and holds no variable of Grafana', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: awkward })), (text) => {
        const literal = promqlString(text);
        const expression = `m{l=${literal}}`;
        expect(errorsIn(expression)).toEqual([]);
        expect(JSON.parse(literal)).toBe(text);
        expect(literal).not.toMatch(/[$[\n]/);
        expect(stringsIn(expression)).toEqual([literal]);
      }),
      { numRuns: 200 },
    );
  });
});

const awkward = fc.constantFrom('"', '\\', '$', '{', '}', '[', ']', '\n', '\t', '\u0000', 'u', '0', '2', '`', "'", 'ß');

function errorsIn(expression: string): number[] {
  return nodesIn(expression).flatMap(({ isError, from }) => (isError ? [from] : []));
}

function stringsIn(expression: string): string[] {
  return nodesIn(expression).flatMap(({ name, from, to }) =>
    name === 'StringLiteral' ? [expression.slice(from, to)] : [],
  );
}

function nodesIn(expression: string) {
  const nodes: { name: string; isError: boolean; from: number; to: number }[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => void nodes.push({ name: type.name, isError: type.isError, from, to }),
  });
  return nodes;
}
