import type { Dashboard, Panel, Parameters, Target } from './model.ts';

/** A panel as one target shows it, with what that target asks instead; `undefined` where it is left out there. */
export function panelFor(panel: Panel, target: Target): Panel | undefined {
  if (panel.except?.[target] !== undefined) return undefined;
  if (!('instead' in panel)) return panel;
  const other = panel.instead?.[target];
  return other === undefined ? panel : { ...panel, ...other };
}

/** The Elasticsearch indices that a dashboard's log queries read, and the id of their data view in Kibana. */
export function indicesOf(
  { system }: Dashboard,
  parameters: Parameters,
): { readonly pattern: string; readonly dataViewId: string } {
  const { health_index_pattern, health_data_view_id, index_pattern, data_view_id } = parameters;
  return system === 'tailrace'
    ? { pattern: health_index_pattern, dataViewId: health_data_view_id }
    : { pattern: index_pattern, dataViewId: data_view_id };
}
