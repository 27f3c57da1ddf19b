import type { CellValue, Panel } from '@tailrace/dashboards';
import type { PanelAnswer } from '@tailrace/local';

/** Whether an answer has nothing to draw; a count of 0 is something. */
export function isEmptyAnswer(answer: PanelAnswer): boolean {
  if (answer.kind === 'events') return answer.events.length === 0;
  return answer.tables.every(({ rows }) => rows.every(({ columns }) => columns.every(isNothing)));
}

function isNothing(value: CellValue): boolean {
  return value === null;
}

/** Why a panel may have nothing to show, and what helps. */
export function emptyWords(panel: Panel, hasChosen: boolean): string {
  if (panel.kind !== 'text' && panel.kind !== 'events' && panel.query.source === 'metrics') {
    const [{ name }] = panel.query.lines;
    return `No data points of “${name}” in this time. Are its metrics scraped into the store?`;
  }
  return hasChosen ? 'No events meet the filters in this time.' : 'No such events in this time.';
}
