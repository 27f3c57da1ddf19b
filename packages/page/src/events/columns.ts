import type { CellValue } from '@tailrace/dashboards';
import type { EventRow, FieldList } from '@tailrace/local';

const MOST_ASKED = 16;
const MOST_SHOWN = 5;
/** A column is worth its room when this part of the events has it. */
const WORTH = 0.1;
/** What says most about an event, whatever the system calls it. */
const TELLING = [
  /(^|[._])(level|severity)$/i,
  /(^|\.)(message|msg|kind|event)$/i,
  /(^|[._])(user|user_name)$/i,
  /(^|\.)(target_name|service|component_id)$/i,
  /(^|\.)(namespace|target_namespace|reason|error|status|port|method|path)$/i,
  /^(log|text|body)$/i,
];

/** Fields to ask for where nobody chose any: those that tell much by their names, or the first that are declared. */
export function usualColumns({ fields }: FieldList): string[] {
  const names = fields.map(({ path }) => path).filter((path) => path !== '@timestamp');
  const telling = TELLING.flatMap((pattern) => names.filter((name) => pattern.test(name)));
  return [...new Set([...telling, ...names])].slice(0, Math.max(MOST_SHOWN, Math.min(telling.length, MOST_ASKED)));
}

/** Of columns that were asked for unchosen, those to show: the first that enough of the events have. */
export function worthShowing(columns: readonly string[], events: readonly EventRow[]): string[] {
  const worth = columns.filter((_, at) => {
    const having = events.filter(({ cells }) => !isBlank(cells[at])).length;
    return having > 0 && having >= events.length * WORTH;
  });
  return worth.length === 0 ? columns.slice(0, MOST_SHOWN) : worth.slice(0, MOST_SHOWN);
}

function isBlank(value: CellValue | undefined): boolean {
  return value === null || value === undefined || value === '';
}

/** What to show of an event that has none of the shown columns: another that was asked for; null when it has nothing at all. */
export function insteadOfBlank(
  shown: readonly string[],
  columns: readonly string[],
  cells: readonly CellValue[],
): string | null {
  if (shown.some((column) => !isBlank(cells[columns.indexOf(column)]))) return null;
  const other = cells.find((value) => !isBlank(value));
  return other === undefined ? null : String(other);
}

/** What a column is called above it: the last part of the path where no other has it, too. */
export function columnTitle(path: string, columns: readonly string[]): string {
  const last = lastPart(path);
  return columns.filter((each) => lastPart(each) === last).length === 1 ? last : path;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
