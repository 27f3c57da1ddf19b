import type { Condition, Dashboard, MetricQuery, Panel, Parameters } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { fieldName } from '../parameters.ts';
import { legalName } from './names.ts';
import { searchName, searchText } from './search.ts';
import { variableNames } from './variables.ts';

/** What all queries of a panel share. */
export interface Place {
  readonly parameters: Parameters;
  /** Search that holds for each log query: Datadog's tags, the dashboard's base, and its variables. */
  logScope(conditions: readonly Condition[]): string;
  /** What stands between the braces of a metric query. */
  metricScope(filters: readonly string[]): string;
  /** The attribute that holds a field, as facets and measures are named: `@fields.session_id`. */
  attribute(field: string): string;
  /** A metric's name as the sink `datadog_metrics` sends it. */
  metricName(name: string, of: MetricQuery['of']): string;
  refuse(reason: string): never;
}

/** The place of one panel of a dashboard. */
export function placeOf(dashboard: Dashboard, panel: Panel, parameters: Parameters): Place {
  const refuse = (reason: string): never => {
    throw new NotExpressible(panel.id, 'datadog', reason);
  };
  const attribute = (field: string): string => searchName(fieldName(field, parameters), refuse);
  const tags = Object.entries(dashboard.datadogTags ?? {}).map(([tag, value]) => `${tag}:${value}`);
  const variables = variableNames(dashboard);
  const chosen = (names: readonly string[]): string[] => names.map((name) => `$${name}`);
  return {
    parameters,
    attribute,
    refuse,
    logScope(conditions) {
      // An organisation's logs all lie together, so a query without tags would count those of everybody.
      if (tags.length === 0)
        refuse('the dashboard has no `datadogTags`, so logs of everything else would be counted too');
      const searched = [...dashboard.base, ...conditions].map((condition) => searchText(condition, attribute, refuse));
      return [...tags, ...searched, ...chosen(variables.logs)].join(' ');
    },
    metricScope: (filters) => [...filters, ...chosen(variables.metrics)].join(',') || '*',
    metricName(name, of) {
      const { metric_prefix, datadog_namespace } = parameters;
      return legalName(
        `${datadog_namespace}${datadog_namespace && '.'}${of === 'mirrord' ? metric_prefix : ''}${name}`,
      );
    },
  };
}
