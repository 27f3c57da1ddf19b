import { expect, test } from 'vitest';
import { DEFAULTS } from '../parameters.ts';
import { dashboardOf, logs, metrics, panel } from './example.fixture.ts';
import { facetsAndMeasures, percentileMetrics } from './facets.ts';

test('facets are for groups, unique counts and variables; measures for calculations and comparisons', () => {
  const dashboard = {
    ...dashboardOf(
      panel('toplist', {
        ...{ id: 'slow', title: 'Slow' },
        query: logs({
          where: [{ field: 'status_code', atLeast: 500 }],
          agg: [{ op: 'avg', field: 'fields.took', name: 'took' }],
          by: [{ field: 'fields.took', size: 3, name: 'Took' }],
        }),
      }),
      panel('stat', {
        ...{ id: 'users', title: 'Users' },
        query: logs({
          where: [{ field: 'only.searched', is: 'x' }],
          agg: [{ op: 'cardinality', field: 'fields.user', name: 'users' }],
        }),
      }),
      panel('stat', { id: 'metric', title: 'Metric', query: metrics({ name: 'n', shape: 'rate', metric: 'm' }) }),
      panel('stat', {
        ...{ id: 'left-out', title: 'Left out', except: { datadog: 'a reason' } },
        query: logs({ agg: [{ op: 'max', field: 'never', name: 'n' }] }),
      }),
    ),
    variables: [{ name: 'pod', label: 'Pod', field: 'pod' }],
  };
  expect(facetsAndMeasures([dashboard], { ...DEFAULTS, field_prefix: 'f.' })).toEqual([
    { path: '@f.took', field: 'fields.took', kind: 'measure', usedBy: ['small/slow'] },
    { path: '@f.user', field: 'fields.user', kind: 'facet', usedBy: ['small/users'] },
    { path: '@pod', field: 'pod', kind: 'facet', usedBy: ['small/slow', 'small/users'] },
    { path: '@status_code', field: 'status_code', kind: 'measure', usedBy: ['small/slow'] },
  ]);
});

test('percentiles have to be switched on for what they are asked of', () => {
  const quantile = { shape: 'quantile', metric: 'h', percent: 95 } as const;
  const dashboard = dashboardOf(
    panel('stat', { id: 'one', title: 'One', query: metrics({ name: 'p95', ...quantile }) }),
    panel('stat', {
      ...{ id: 'two', title: 'Two' },
      query: metrics({ name: 'x', shape: 'ratio', over: quantile, under: { ...quantile, metric: 'g' } }),
    }),
    panel('stat', { id: 'three', title: 'Three', query: metrics({ name: 'n', shape: 'rate', metric: 'm' }) }),
  );
  expect(percentileMetrics([dashboard], { ...DEFAULTS, datadog_namespace: 'acme', metric_prefix: 'p_' })).toEqual([
    { metric: 'acme.p_g', usedBy: ['small/two'] },
    { metric: 'acme.p_h', usedBy: ['small/one', 'small/two'] },
  ]);
});
