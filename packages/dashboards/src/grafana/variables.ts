import type { Dashboard, Parameters, Variable } from '../model.ts';
import { fieldName } from '../parameters.ts';
import type { JsonObject } from './json.ts';
import { EVERYTHING, luceneOf, variableClauses } from './lucene.ts';
import { ELASTICSEARCH, PROMETHEUS } from './targets.ts';

/** Data sources first, then what a viewer chooses, each narrowed by those before it. */
export function variablesOf(dashboard: Dashboard, parameters: Parameters, types: ReadonlySet<string>): JsonObject[] {
  const sources = [
    dataSource('prometheus', 'Prometheus', parameters.prometheus_datasource),
    dataSource('elasticsearch', 'Elasticsearch', parameters.elasticsearch_datasource),
  ].filter(({ query }) => types.has(query));
  const chosen = dashboard.variables.flatMap((variable, k) => {
    const before = dashboard.variables.slice(0, k);
    if (variable.field !== undefined) return [fieldVariable(variable, variable.field, before, dashboard, parameters)];
    return variable.label_name === undefined ? [] : [labelVariable(variable, before, dashboard, parameters)];
  });
  return [...sources, ...chosen];
}

function dataSource(query: string, label: string, name: string) {
  return {
    current: { selected: false, text: name, value: name },
    ...{ hide: 0, includeAll: false, label, multi: false, name: `${query}_datasource`, options: [] },
    ...{ query, refresh: 1, regex: '', skipUrlSync: false, type: 'datasource' },
  };
}

function fieldVariable(
  variable: Variable,
  field: string,
  before: readonly Variable[],
  dashboard: Dashboard,
  parameters: Parameters,
): JsonObject {
  const query = luceneOf(dashboard.base, parameters, variableClauses(before, parameters));
  // https://grafana.com/docs/grafana/latest/datasources/elasticsearch/template-variables/
  const definition = JSON.stringify({ find: 'terms', field: fieldName(field, parameters), query, size: 1000 });
  return choice(variable, { allValue: EVERYTHING, datasource: ELASTICSEARCH, definition, query: definition });
}

function labelVariable(
  variable: Variable,
  before: readonly Variable[],
  { system }: Dashboard,
  { metric_prefix }: Parameters,
): JsonObject {
  const { label_name: label = '', metric = '' } = variable;
  const name = `${system === 'tailrace' ? '' : metric_prefix}${metric}`;
  const narrowed = before.flatMap(({ name: other, label_name }) =>
    label_name === undefined ? [] : [`${label_name}=~"$${other}|"`],
  );
  const selector = narrowed.length > 0 ? `{${narrowed.join(', ')}}` : '';
  const definition = metric === '' ? `label_values(${label})` : `label_values(${name}${selector}, ${label})`;
  const query = { qryType: 1, query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' };
  return choice(variable, { allValue: '.*', datasource: PROMETHEUS, definition, query });
}

function choice({ name, label }: Variable, own: JsonObject): JsonObject {
  return {
    ...own,
    current: { selected: true, text: ['All'], value: ['$__all'] },
    ...{ hide: 0, includeAll: true, label, multi: true, name, options: [], refresh: 2, regex: '' },
    ...{ skipUrlSync: false, sort: 1, type: 'query' },
  };
}
