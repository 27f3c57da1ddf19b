import type { CellValue, MetricExpression, Panel } from '@tailrace/dashboards';
import type { PanelAnswer } from '@tailrace/local';

/** Whether an answer has nothing to draw; a count of 0 is something. */
export function isEmptyAnswer(answer: PanelAnswer): boolean {
  if (answer.kind === 'events') return answer.events.length === 0;
  return answer.tables.every(({ rows }) => rows.every(({ columns }) => columns.every(isNothing)));
}

/** The first that an expression reads. */
function metricOf(expression: MetricExpression): string {
  if (expression.shape === 'ratio') return metricOf(expression.over);
  return expression.shape === 'difference' ? metricOf(expression.from) : expression.metric;
}

function isNothing(value: CellValue): boolean {
  return value === null;
}

/** Why a panel may have nothing to show, and what helps. */
export function emptyWords(panel: Panel, hasChosen: boolean): string {
  if (panel.kind !== 'text' && panel.kind !== 'events' && panel.query.source === 'metrics') {
    const metric = metricOf(panel.query.lines[0]);
    return `No data points of ${metric} in this time. Are metrics scraped into the store?`;
  }
  return hasChosen ? 'No events meet the filters in this time.' : 'No such events in this time.';
}
