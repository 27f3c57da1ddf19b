import { dashboard as mirrordUsage } from '../../../../dashboards/mirrord-usage/dashboard.ts';
import type { Column, Dashboard, LogQuery, Panel } from '../model.ts';
import { parametersFrom } from '../parameters.ts';
import { checkKibana } from './check.ts';
import { compileKibana } from './compile.ts';
import { isObject, listIn, objectIn, parsed, textIn, type Untrusted } from './untrusted.ts';

/** What a dashboard may link to. */
export const OTHERS: readonly Dashboard[] = [
  { ...mirrordUsage, id: 'pipeline-health', system: 'tailrace', name: 'Pipeline health' },
];
/** What all panels of tests share. */
export const SIZE = { id: 'it', title: 'It', description: 'What it is.', width: 12, height: 8, unit: 'none' } as const;
/** How many events. */
export const COUNT: Column = { op: 'count', name: 'events' };

/** A log query without conditions. */
export function logs(agg: LogQuery['agg'], more: Partial<LogQuery> = {}): LogQuery {
  return { source: 'logs', where: [], agg, ...more };
}

/** A grouping by a field of the same name. */
export const by = (field: string) => ({ field, size: 5, name: field });

/** A dashboard of one row. */
export function of(...panels: Panel[]): Dashboard {
  return { ...mirrordUsage, base: [], links: [], variables: [], rows: [{ title: 'Row', panels }] };
}

/** The objects of a dashboard's file, in which the checker finds nothing. */
export function objectsOf(dashboard: Dashboard, settings: string[] = []): Untrusted[] {
  const text = compileKibana(dashboard, parametersFrom(settings), OTHERS);
  const faults = checkKibana(text);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return text.trim().split('\n').map(parsed).filter(isObject);
}

/** The first object of a type. */
export function object(dashboard: Dashboard, type: string, settings: string[] = []): Untrusted {
  return objectsOf(dashboard, settings).find((one) => one['type'] === type) ?? {};
}

/** Attributes of the dashboard itself. */
export const attributesOf = (dashboard: Dashboard): Untrusted => objectIn(object(dashboard, 'dashboard')['attributes']);
/** Its panels, as they stand in `panelsJSON`. */
export const panelsOf = (dashboard: Dashboard) => listIn(parsed(attributesOf(dashboard)['panelsJSON'])).map(objectIn);

/** A panel on a dashboard of its own. */
export function panelOf(panel: Panel): Untrusted {
  return panelsOf(of(panel)).find(({ panelIndex }) => panelIndex === panel.id) ?? {};
}

/** What Lens is told of such a panel. */
export function lensOf(panel: Panel): {
  state: Untrusted;
  visualization: Untrusted;
  columns: Untrusted;
  layers: Untrusted;
} {
  const state = objectIn(objectIn(objectIn(panelOf(panel)['embeddableConfig'])['attributes'])['state']);
  const layers = objectIn(objectIn(objectIn(state['datasourceStates'])['formBased'])['layers']);
  const columns = objectIn(objectIn(layers['events'])['columns']);
  return { state, visualization: objectIn(state['visualization']), columns, layers };
}

/** The text of a panel of markdown. */
export const markdownOf = (panel: Untrusted | undefined): string =>
  textIn(objectIn(objectIn(objectIn(objectIn(panel)['embeddableConfig'])['savedVis'])['params'])['markdown']);
