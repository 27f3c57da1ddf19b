import type { Condition, Dashboard, Panel, Parameters } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { indicesOf } from '../panel-for.ts';
import { fieldName } from '../parameters.ts';
import type { Names } from './kql.ts';

/** What a panel needs to know of its dashboard. */
export interface Place extends Names {
  readonly dataViewId: string;
  readonly system: string;
  /** What holds for each query of the dashboard. */
  readonly base: readonly Condition[];
}

/** The place of one panel, or of the dashboard itself under the name of a part of it. */
export function placeOf(dashboard: Dashboard, part: Panel['id'], parameters: Parameters): Place {
  return {
    dataViewId: indicesOf(dashboard, parameters).dataViewId,
    ...{ system: dashboard.system, base: dashboard.base },
    nameOf: (field) => fieldName(field, parameters),
    refuse: (reason) => {
      throw new NotExpressible(part, 'kibana', reason);
    },
  };
}
