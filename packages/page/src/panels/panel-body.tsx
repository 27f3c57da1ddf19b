import type { PanelBodyProps } from '../panel-contract.ts';
import { DonutBody } from './donut-body.tsx';
import { EventsBody } from './events-body.tsx';
import { HeatmapBody } from './heatmap-body.tsx';
import { StatBody } from './stat-body.tsx';
import { TableBody } from './table-body.tsx';
import { TextBody } from './text-body.tsx';
import { TimeseriesBody } from './timeseries-body.tsx';
import { ToplistBody } from './toplist-body.tsx';

/** What a panel shows of its answer, whatever its kind. Drawn anew only when something that it shows changes. */
export function PanelBody(props: PanelBodyProps) {
  const { panel, answer } = props;
  if (panel.kind === 'text') return <TextBody panel={panel} />;
  if (answer === null) return null;
  if (panel.kind === 'events')
    return answer.kind === 'events' ? <EventsBody {...props} {...{ panel, answer }} /> : null;
  if (answer.kind !== 'numbers') return null;
  switch (panel.kind) {
    case 'stat':
      return <StatBody {...props} {...{ panel, answer }} />;
    case 'timeseries':
      return <TimeseriesBody {...props} {...{ panel, answer }} />;
    case 'toplist':
      return <ToplistBody {...props} {...{ panel, answer }} />;
    case 'table':
      return <TableBody {...props} {...{ panel, answer }} />;
    case 'donut':
      return <DonutBody {...props} {...{ panel, answer }} />;
    case 'heatmap':
      return <HeatmapBody {...props} {...{ panel, answer }} />;
  }
}
