import { type RecordedRequest, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

/** How a stand-in for Grafana behaves. */
interface GrafanaOptions {
  /** What `/api/health` says; default `12.2.0`. */
  readonly version?: string;
  /** The token of an editor; default `editor`. Another one, `viewer`, may only read. */
  readonly token?: string;
  /** Uids of folders. */
  readonly folders?: readonly string[];
}

type Model = Readonly<Record<string, unknown>>;

interface Saved {
  readonly model: Model;
  readonly folderUid: string;
  readonly provisioned: boolean;
}

/** A server that keeps dashboards and refuses them as Grafana's HTTP API is documented to. */
export interface GrafanaStandIn {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** By uid. */
  readonly dashboards: Map<string, Saved>;
  /** Called before a save is looked at: what somebody else does in the meantime. */
  onSave: () => void;
  stop(): Promise<void>;
}

/** Starts a stand-in for Grafana on a free loopback port. */
export async function grafanaStandIn(options: GrafanaOptions = {}): Promise<GrafanaStandIn> {
  const dashboards = new Map<string, Saved>();
  const hooks: Pick<GrafanaStandIn, 'onSave'> = { onSave: () => undefined };
  const server = await scriptedServer((request) => {
    if (request.path === '/api/health')
      return answer(200, { commit: '0', database: 'ok', version: options.version ?? '12.2.0' });
    return refusedBefore(request, options) ?? answerTo(request, dashboards, options, hooks);
  });
  return Object.assign(hooks, { url: server.url, requests: server.requests, dashboards, stop: server.stop });
}

function answer(status: number, body: object): ScriptedAnswer {
  return { status, body };
}

/** https://grafana.com/docs/grafana/latest/developers/http_api/authentication/; bodies as Grafana 12 writes them. */
function refusedBefore(
  { headers, method }: RecordedRequest,
  { token = 'editor' }: GrafanaOptions,
): ScriptedAnswer | undefined {
  const sent = headers['authorization'];
  if (sent !== `Bearer ${token}` && sent !== 'Bearer viewer')
    return answer(401, { message: 'Invalid API key', messageId: 'api-key.invalid', statusCode: 401, traceID: '' });
  if (sent === 'Bearer viewer' && method !== 'GET')
    return answer(403, {
      accessErrorId: 'ACE0123456789',
      message: "You'll need additional permissions to perform this action. Permissions needed: dashboards:write",
      title: 'Access denied',
    });
  return undefined;
}

function answerTo(
  request: RecordedRequest,
  dashboards: Map<string, Saved>,
  { folders = [] }: GrafanaOptions,
  hooks: { readonly onSave: () => void },
): ScriptedAnswer {
  const { method, path } = request;
  const folder = /^\/api\/folders\/([^/]+)$/.exec(path)?.[1];
  // https://grafana.com/docs/grafana/latest/developers/http_api/folder/#get-folder-by-uid
  if (method === 'GET' && folder !== undefined)
    return folders.includes(folder)
      ? answer(200, { uid: folder, title: folder })
      : answer(404, { message: 'folder not found', status: 'not-found' });
  const uid = /^\/api\/dashboards\/uid\/([^/]+)$/.exec(path)?.[1];
  if (method === 'GET' && uid !== undefined) return found(dashboards.get(decodeURIComponent(uid)));
  if (method === 'POST' && path === '/api/dashboards/db') {
    hooks.onSave();
    return save(JSON.parse(request.text) as SaveRequest, dashboards, folders);
  }
  return answer(404, { message: 'Not found' });
}

/** https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/#get-dashboard-by-uid */
function found(saved: Saved | undefined): ScriptedAnswer {
  if (!saved) return answer(404, { message: 'Dashboard not found', status: 'not-found' });
  const { model, folderUid, provisioned } = saved;
  return answer(200, {
    dashboard: model,
    meta: { folderUid, provisioned, url: pathOf(model), version: model['version'] },
  });
}

interface SaveRequest {
  readonly dashboard: Model;
  readonly folderUid?: string;
  readonly overwrite?: boolean;
}

/** What Grafana 12 and 13 raise the schema to (grafana/grafana, apps/dashboard/pkg/migration/schemaversion). */
const SCHEMA_VERSION = 42;

/** The same page, “Create / Update dashboard”; statuses and words of refusals from grafana/grafana, pkg/services/dashboards/errors.go. */
function save(
  { dashboard, folderUid = '', overwrite = false }: SaveRequest,
  all: Map<string, Saved>,
  folders: readonly string[],
): ScriptedAnswer {
  const { uid, title, id } = dashboard;
  if (typeof title !== 'string' || title === '')
    return answer(400, { status: 'empty-name', message: 'Dashboard title cannot be empty' });
  if (typeof uid !== 'string') return answer(500, { message: 'the stand-in makes no uids' });
  if (uid.length > 40) return answer(400, { message: 'uid too long, max 40 characters' });
  if (folderUid !== '' && !folders.includes(folderUid)) return answer(404, { message: 'Folder not found' });
  const before = all.get(uid);
  if (before?.provisioned) return answer(400, { message: 'Cannot save provisioned dashboard' });
  // “A newer dashboard already exists”: its version is not the one that was sent.
  if (before && !overwrite && before.model['version'] !== dashboard['version'])
    return answer(412, { status: 'version-mismatch', message: 'The dashboard has been changed by someone else' });
  if (!before && typeof id === 'number' && id > 0)
    return answer(404, { status: 'not-found', message: 'Dashboard not found' });
  const version = Number(before?.model['version'] ?? 0) + 1;
  const model: Model = {
    ...dashboard,
    schemaVersion: SCHEMA_VERSION,
    id: before?.model['id'] ?? all.size + 1,
    version,
  };
  all.set(uid, { model, folderUid, provisioned: false });
  return answer(200, { id: model['id'], uid, url: pathOf(model), status: 'success', version, slug: slugOf(title) });
}

function pathOf({ uid, title }: Model): string {
  return `/d/${String(uid)}/${slugOf(String(title))}`;
}

function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
