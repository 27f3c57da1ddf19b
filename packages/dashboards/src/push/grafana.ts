import type { BuiltFile } from '../build.ts';
import { markOf } from '../mark.ts';
import { differences } from './difference.ts';
import { PushError } from './push-error.ts';
import type { Pushed, PushOptions } from './pushed.ts';
import { refusal } from './refusal.ts';
import { type Access, type Answer, type Server, serverOf } from './server.ts';

/** Where to push in Grafana. */
export interface GrafanaTarget extends Access {
  /** Uid of a folder; a dashboard that is there stays where it is unless set, a new one goes to the root. */
  readonly folder?: string | undefined;
}

const WORDS = {
  credentials: 'GRAFANA_TOKEN, or GRAFANA_USERNAME and GRAFANA_PASSWORD',
  rights: 'the permissions dashboards:create and dashboards:write, as the role Editor has them',
};

/**
 * Puts dashboards into Grafana by their uid (https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/); throws a
 * {@link PushError}. One that others made, or that is provisioned from files, stays as it is.
 */
export async function* pushGrafana(target: GrafanaTarget, { files, dryRun }: PushOptions): AsyncGenerator<Pushed> {
  const server = serverOf('Grafana', target);
  try {
    await requireVersion(server, files);
    if (target.folder !== undefined) await requireFolder(server, target.folder);
    for (const file of files) yield await pushFile(server, target, file, dryRun);
  } finally {
    server.close();
  }
}

async function requireVersion(server: Server, files: readonly BuiltFile[]): Promise<void> {
  const answer = await server.request('GET', '/api/health');
  // 503 when its database does not answer: what follows says so.
  if (answer.status !== 200 && answer.status !== 503) throw refusal(server, answer, WORDS);
  const { version } = (answer.json ?? {}) as { version?: unknown };
  // Grafana can be told to hide its version.
  if (typeof version !== 'string') return;
  const oldest = files.flatMap(({ text }) => requiredVersion(modelOf(text))).find((each) => isOlder(version, each));
  if (oldest !== undefined)
    throw new PushError(
      `${server.name} is version ${version}, which is too old: the dashboards need ${oldest} or newer`,
    );
}

/** The version that the file itself asks for. */
function requiredVersion({ __requires: required }: Model): string[] {
  const all = (required ?? []) as readonly { readonly type: string; readonly version: string }[];
  return all.filter(({ type }) => type === 'grafana').map(({ version }) => version);
}

function isOlder(version: string, than: string): boolean {
  const parts = (text: string) => text.split(/[.-]/).slice(0, 2).map(Number);
  const [major = 0, minor = 0] = parts(version);
  const [wantedMajor = 0, wantedMinor = 0] = parts(than);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

async function requireFolder(server: Server, folder: string): Promise<void> {
  const answer = await server.request('GET', `/api/folders/${encodeURIComponent(folder)}`);
  if (answer.status === 404)
    throw new PushError(
      `${server.name} has no folder with the uid "${folder}": the uid stands in the folder's address, behind /dashboards/f/`,
    );
  if (answer.status !== 200) throw refusal(server, answer, WORDS);
}

type Model = Readonly<Record<string, unknown>>;

function modelOf(text: string): Model {
  return JSON.parse(text) as Model;
}

interface Found {
  readonly dashboard: Model;
  readonly meta: { readonly folderUid?: string; readonly provisioned?: boolean; readonly url?: string };
}

async function pushFile(server: Server, target: GrafanaTarget, file: BuiltFile, dryRun: boolean): Promise<Pushed> {
  const ours = savedPart(modelOf(file.text));
  const uid = String(ours['uid']);
  const found = await foundAt(server, uid);
  if (found) requireOurs(server, file, found);
  const folderUid = target.folder ?? found?.meta.folderUid ?? '';
  const changes = found
    ? [
        ...differences(found.dashboard, raised(ours, found.dashboard)),
        ...differences(found.meta.folderUid ?? '', folderUid, 'folder'),
      ]
    : [];
  const outcome = !found ? 'created' : changes.length > 0 ? 'changed' : 'unchanged';
  const url = urlOf(target.url, found?.meta.url);
  const result: Pushed = { id: file.dashboard.id, outcome, differences: changes, ...(url !== undefined && { url }) };
  if (outcome === 'unchanged') return result;
  if (found?.meta.provisioned === true)
    throw new PushError(
      `${nameOf(server, found)} is provisioned from files, and Grafana lets nobody else change it: put the new file there`,
    );
  if (dryRun) return result;
  // With id and version of what was read, Grafana refuses to overwrite what somebody has saved since.
  const { id = null, version = 0 } = found?.dashboard ?? {};
  const content = {
    dashboard: { ...ours, id, version },
    folderUid,
    message: 'tailrace dashboards push',
    overwrite: false,
  };
  const answer = await server.request('POST', '/api/dashboards/db', { content });
  if (answer.status !== 200) throw saveRefusal(server, answer, file);
  const saved = urlOf(target.url, (answer.json as { url?: string } | undefined)?.url);
  return { ...result, ...(saved !== undefined && { url: saved }) };
}

/** Without what only an import reads, and what Grafana counts itself. */
function savedPart(model: Model): Model {
  const isImports = (key: string) => key.startsWith('__') || key === 'id' || key === 'version';
  return Object.fromEntries(Object.entries(model).filter(([key]) => !isImports(key)));
}

/** Newer versions of Grafana raise the version of the schema; that alone is no change. */
function raised(ours: Model, there: Model): Model {
  const isRaised = Number(there['schemaVersion']) > Number(ours['schemaVersion']);
  return isRaised ? { ...ours, schemaVersion: there['schemaVersion'] } : ours;
}

async function foundAt(server: Server, uid: string): Promise<Found | undefined> {
  const answer = await server.request('GET', `/api/dashboards/uid/${encodeURIComponent(uid)}`);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusal(server, answer, WORDS);
  const found = answer.json as Partial<Found> | undefined;
  if (!found?.dashboard || !found.meta)
    throw new PushError(`${server.name} does not answer as Grafana does: is this the address of a Grafana?`);
  return { dashboard: found.dashboard, meta: found.meta };
}

function nameOf(server: Server, { dashboard }: Found): string {
  return `${server.name}: the dashboard with the uid "${String(dashboard['uid'])}" ("${String(dashboard['title'])}")`;
}

function requireOurs(server: Server, { dashboard }: BuiltFile, found: Found): void {
  if (!String(found.dashboard['description']).includes(markOf(dashboard)))
    throw new PushError(
      `${nameOf(server, found)} was not made by tailrace, or its description has lost ${markOf(dashboard)}: it stays as it is; delete it there, or put the mark back`,
    );
}

/** Statuses as Grafana's own errors have them: pkg/services/dashboards/errors.go. */
function saveRefusal(server: Server, answer: Answer, { dashboard }: BuiltFile): PushError {
  const { status } = (answer.json ?? {}) as { status?: unknown };
  if (answer.status === 412 && status === 'version-mismatch')
    return new PushError(
      `${server.name}: somebody saved "${dashboard.id}" since it was read: look at it there and push again`,
    );
  return refusal(server, answer, WORDS);
}

function urlOf(base: URL, path: string | undefined): string | undefined {
  return path === undefined ? undefined : new URL(path, base).href;
}
