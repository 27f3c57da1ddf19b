import type { FieldList } from '@tailrace/local';

const MOST = 5;
/** What says most about an event, whatever the system calls it. */
const TELLING = [
  /(^|[._])(level|severity)$/i,
  /(^|\.)(message|msg|kind|event)$/i,
  /(^|[._])(user|user_name)$/i,
  /(^|\.)(target_name|component|service|component_id)$/i,
  /(^|[._])(error|reason|status)$/i,
  /^(log|text|body)$/i,
];

/** Fields to show where nobody chose any: one of each kind that tells much, or the first that are declared. */
export function usualColumns({ fields }: FieldList): string[] {
  const names = fields.map(({ path }) => path).filter((path) => path !== '@timestamp');
  const telling = TELLING.flatMap((pattern) => names.find((name) => pattern.test(name)) ?? []);
  const columns = [...new Set(telling)].slice(0, MOST);
  return columns.length > 1 ? columns : [...new Set([...columns, ...names])].slice(0, MOST);
}

/** What a column is called above it: the last part of the path where no other has it, too. */
export function columnTitle(path: string, columns: readonly string[]): string {
  const last = lastPart(path);
  return columns.filter((each) => lastPart(each) === last).length === 1 ? last : path;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
