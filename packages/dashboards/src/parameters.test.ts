import { expect, test } from 'vitest';
import { DEFAULTS, fieldName, ParameterError, parametersFrom } from './parameters.ts';

test('settings take the place of defaults, the last one counts', () => {
  const set = parametersFrom(['index_pattern=a-*,b-*', 'field_prefix=', 'metric_prefix=x_', 'metric_prefix=prod_']);
  expect(set).toEqual({ ...DEFAULTS, index_pattern: 'a-*,b-*', field_prefix: '', metric_prefix: 'prod_' });
  expect(parametersFrom(['prometheus_datasource=a=b']).prometheus_datasource).toBe('a=b');
});

test.each([
  ['index_pattern', '--set index_pattern: expected name=value'],
  [
    'index=a',
    '--set index: unknown parameter, expected one of index_pattern, data_view_id, health_index_pattern, health_data_view_id, metric_prefix, histogram_unit, datadog_namespace, prometheus_datasource, elasticsearch_datasource, field_prefix',
  ],
  ['toString=a', '--set toString: unknown parameter'],
  ['histogram_unit=s', '--set histogram_unit=s: expected seconds or milliseconds'],
  ['field_prefix=fields', '--set field_prefix=fields: expected keys with a dot behind each'],
  ['index_pattern=', '--set index_pattern=: expected names of indices in lower case'],
  ['metric_prefix=a-b', '--set metric_prefix=a-b: expected the beginning of a metric name'],
])('%s is refused', (setting, message) => {
  expect(() => parametersFrom([setting])).toThrow(ParameterError);
  expect(() => parametersFrom([setting])).toThrow(message);
});

test('only fields of messages have the prefix', () => {
  const bare = parametersFrom(['field_prefix=']);
  expect([fieldName('fields.port', DEFAULTS), fieldName('fields.port', bare), fieldName('level', bare)]).toEqual([
    'fields.port',
    'port',
    'level',
  ]);
});
