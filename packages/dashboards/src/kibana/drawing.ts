import type { JsonObject } from './saved-object.ts';

/** A visualization of Lens before it is put into a panel: what it shows, and of which columns. */
export interface Drawing {
  readonly type: 'lnsMetric' | 'lnsXY' | 'lnsDatatable' | 'lnsPie';
  readonly visualization: JsonObject;
  /** Columns by the id of their layer. */
  readonly layers: ReadonlyMap<string, ReadonlyMap<string, JsonObject>>;
}

/** Id of the layer that asks for events. */
export const DATA_LAYER = 'events';
