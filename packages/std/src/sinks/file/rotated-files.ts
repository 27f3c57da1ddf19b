import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A rotated file, under its plain name. */
export interface RotatedFile {
  readonly path: string;
  /** What is there of it: as it was written, compressed, half compressed. */
  readonly forms: ReadonlySet<Form>;
}

/** What stands behind the plain name. */
export type Form = '' | '.gz' | '.gz.tmp';

/** The time of rotation in UTC, so that names sort by time: `.20261121T133700.250Z`. */
const MARK = /^(.+)\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})Z(\.gz|\.gz\.tmp)?$/;

/** Most bytes that rotation puts behind a name. */
export function markBytes(gzip: boolean): number {
  return '.20261121T133700.250Z'.length + (gzip ? '.gz.tmp'.length : 0);
}

interface Name {
  /** The file that was rotated. */
  readonly of: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly plain: string;
  readonly form: Form;
}

function parse(name: string): Name | null {
  const match = MARK.exec(name);
  if (!match) return null;
  const [, of = '', year, month, day, hour, minute, second, form = ''] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) return null;
  return { of, time, plain: name.slice(0, name.length - form.length), form: form as Form };
}

/** The path of the file that was rotated to `path`; `null` when that is not a name that rotation gives. */
export function rotatedFrom(path: string): string | null {
  const name = parse(basename(path));
  return name && join(dirname(path), name.of);
}

/** What `path` was rotated to, the newest first. */
export async function rotatedFiles(path: string): Promise<readonly RotatedFile[]> {
  const forms = new Map<string, Set<Form>>();
  for (const { plain, form } of await namesOf(path)) forms.set(plain, (forms.get(plain) ?? new Set()).add(form));
  const newestFirst = [...forms].sort(([a], [b]) => (a < b ? 1 : -1));
  return newestFirst.map(([name, there]) => ({ path: join(dirname(path), name), forms: there }));
}

/** A name for `path` to be rotated to now; later than all that are there, whatever the clock says. */
export async function nextRotatedName(path: string): Promise<string> {
  const newest = (await namesOf(path)).reduce((latest, { time }) => Math.max(latest, time), 0);
  const time = new Date(Math.max(Date.now(), newest + 1)).toISOString();
  return `${path}.${time.replace(/[-:]/g, '')}`;
}

async function namesOf(path: string): Promise<Name[]> {
  const names = (await readdir(dirname(path))).map(parse);
  return names.filter((name): name is Name => name?.of === basename(path));
}
