import type { Dashboard, LogQuery, MetricQuery, Panel, Parameters } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { placeOf } from './place.ts';
import type { JsonObject } from './units.ts';
import { widgetOf } from './widgets.ts';

const head = {
  id: 'example',
  title: 'Example',
  description: 'What it shows. What is bad.',
  width: 24,
  height: 8,
  unit: 'none',
} as const;

/** A question to logs, counting unless something else is asked. */
export function logs(query: Partial<LogQuery> = {}): LogQuery {
  return { source: 'logs', where: [], agg: [{ op: 'count', name: 'events' }], ...query };
}

/** A question to metrics of mirrord. */
export function metrics(...lines: MetricQuery['lines']): MetricQuery {
  return { source: 'metrics', of: 'mirrord', lines };
}

/** A panel of any kind whose other members do not matter. */
export function panel<Kind extends Panel['kind']>(
  kind: Kind,
  members: Omit<Extract<Panel, { kind: Kind }>, 'kind' | keyof typeof head> &
    Partial<Pick<Extract<Panel, { kind: 'stat' }>, keyof typeof head | 'except'>>,
): Extract<Panel, { kind: Kind }>;
export function panel(kind: Panel['kind'], members: object): object {
  return { ...head, kind, ...members };
}

/** A dashboard of these panels in one row. */
export function dashboardOf(...panels: Panel[]): Dashboard {
  return {
    ...{
      id: 'small',
      system: 'mirrord',
      name: 'Small',
      description: 'For tests.',
      time: { from: '1h', refresh: '30s' },
    },
    ...{ base: [], datadogTags: { env: 'test' }, variables: [], links: [], rows: [{ title: 'Row', panels }] },
  };
}

/** The widget that Datadog gets for a panel. */
export function widget(of: Panel, parameters: Partial<Parameters> = {}, dashboard = dashboardOf(of)): JsonObject {
  return widgetOf(of, placeOf(dashboard, of, { ...DEFAULTS, ...parameters }));
}
