import type { Dashboard } from '@tailrace/dashboards';
import { atAGlance, flow, sinks } from './flow-rows.ts';
import { components, losses, newest, processes } from './state-rows.ts';

const RECEIVED = 'tailrace_component_received_events_total';

/** Whether tailrace itself does its work: from its metrics, and where there are none from the events of `internal_stats`. */
export const dashboard: Dashboard = {
  id: 'pipeline-health',
  system: 'tailrace',
  name: 'Pipeline health',
  description: 'Whether tailrace keeps up, what it loses and why, and what its targets say.',
  time: { from: '1h', refresh: '30s' },
  base: [],
  datadogTags: { source: 'tailrace' },
  variables: [
    {
      ...{ name: 'component_kind', label: 'Kind of component', field: 'component_kind' },
      ...{ label_name: 'component_kind', metric: RECEIVED },
    },
    {
      ...{ name: 'component_id', label: 'Component', field: 'component_id' },
      ...{ label_name: 'component_id', metric: RECEIVED },
    },
  ],
  links: ['mirrord-usage'],
  rows: [atAGlance, flow, sinks, losses, processes, components, newest],
};
