import type { Panel } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import type { Setting } from './targets.ts';

/** A panel being made, and how it is refused. */
export interface Place extends Setting {
  readonly panel: Panel;
  /** Ends the build with the reason. */
  refuse(reason: string): never;
}

/** The place of a panel in its dashboard. */
export function placeOf(panel: Panel, setting: Setting): Place {
  return {
    ...setting,
    panel,
    refuse(reason) {
      throw new NotExpressible(`${setting.dashboard.id}: ${panel.title}`, 'grafana', reason);
    },
  };
}
