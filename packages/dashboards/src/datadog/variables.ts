import type { Dashboard, Panel, Parameters, Variable } from '../model.ts';
import { panelFor } from '../panel-for.ts';
import { fieldName } from '../parameters.ts';
import { legalTag } from './names.ts';
import { searchName } from './search.ts';
import type { Json } from './units.ts';

/** Names of the template variables that narrow a dashboard's queries, without the dollar sign. */
export interface VariableNames {
  readonly logs: readonly string[];
  readonly metrics: readonly string[];
}

type Asked = keyof VariableNames;

/**
 * The template variables of a dashboard, `*` unless somebody chooses; Datadog itself narrows each list of values by what the others have
 * chosen. A variable has one prefix, so one that chooses both among attributes of logs and among tags of metrics becomes two.
 */
export function templateVariables(dashboard: Dashboard, parameters: Parameters): Json {
  const refuse = (reason: string): never => {
    throw new Error(`dashboard "${dashboard.id}": a variable cannot be made for Datadog: ${reason}`);
  };
  return usesOf(dashboard).map(({ name, of, variable }) => {
    const { field = '', label_name = '' } = variable;
    const prefix = of === 'logs' ? searchName(fieldName(field, parameters), refuse) : legalTag(label_name);
    return { name, prefix, available_values: [], defaults: ['*'] };
  });
}

/** By which names queries of a dashboard use its variables. */
export function variableNames(dashboard: Dashboard): VariableNames {
  const uses = usesOf(dashboard);
  const names = (asked: Asked): string[] => uses.filter(({ of }) => of === asked).map(({ name }) => name);
  return { logs: names('logs'), metrics: names('metrics') };
}

interface Use {
  readonly name: string;
  readonly of: Asked;
  readonly variable: Variable;
}

function usesOf(dashboard: Dashboard): Use[] {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  const asked = new Set(panels.flatMap((panel) => askedBy(panelFor(panel, 'datadog')) ?? []));
  return dashboard.variables.flatMap((variable) => {
    const { name, field, label_name } = variable;
    const isOfMetrics = label_name !== undefined && asked.has('metrics');
    const isOfLogs = field !== undefined && asked.has('logs');
    const ofMetrics: Use[] = isOfMetrics ? [{ name, of: 'metrics', variable }] : [];
    const ofLogs: Use[] = isOfLogs ? [{ name: isOfMetrics ? `${name}_of_logs` : name, of: 'logs', variable }] : [];
    return [...ofMetrics, ...ofLogs];
  });
}

/** What a panel asks; nothing if it is only text or left out. */
export function askedBy(panel: Panel | undefined): Asked | undefined {
  if (!panel || panel.kind === 'text') return undefined;
  return panel.kind === 'events' ? 'logs' : panel.query.source;
}
