import { type RecordedRequest, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

type Model = Readonly<Record<string, unknown>>;

/** A server that keeps dashboards and refuses them as Datadog's API is documented to (https://docs.datadoghq.com/api/latest/dashboards/). */
export interface DatadogDashboardsStandIn {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** By id. */
  readonly dashboards: Map<string, Model>;
  stop(): Promise<void>;
}

/** Starts a stand-in that knows the API key `api` and the application key `app`, on a free loopback port. */
export async function datadogDashboardsStandIn(): Promise<DatadogDashboardsStandIn> {
  const dashboards = new Map<string, Model>();
  const server = await scriptedServer((request) => refusedBefore(request) ?? answerTo(request, dashboards));
  return { url: server.url, requests: server.requests, dashboards, stop: server.stop };
}

function refused(status: number, error: string): ScriptedAnswer {
  return { status, body: { errors: [error] } };
}

/** Responses of each operation: 403 “Forbidden”. */
function refusedBefore({ headers }: RecordedRequest): ScriptedAnswer | undefined {
  const isKnown = headers['dd-api-key'] === 'api' && headers['dd-application-key'] === 'app';
  return isKnown ? undefined : refused(403, 'Forbidden');
}

function answerTo({ method, path, text }: RecordedRequest, all: Map<string, Model>): ScriptedAnswer {
  const url = new URL(path, 'http://stand-in');
  const id = /^\/api\/v1\/dashboard\/([^/]+)$/.exec(url.pathname)?.[1];
  if (id !== undefined && !all.has(id)) return refused(404, `Dashboard with ID ${id} not found`);
  if (id !== undefined && method === 'GET') return { status: 200, body: all.get(id) ?? {} };
  if (id !== undefined && method === 'PUT') return save(id, JSON.parse(text) as Model, all);
  if (url.pathname !== '/api/v1/dashboard') return refused(404, 'Not Found');
  if (method === 'GET') return { status: 200, body: list(url.searchParams, all) };
  if (method === 'POST') return save(idOf(all.size), JSON.parse(text) as Model, all);
  return refused(405, 'Method Not Allowed');
}

/** “Get all dashboards”: summaries; `count` is “the maximum number of dashboards returned in the list”, `start` the offset. */
function list(query: URLSearchParams, all: Map<string, Model>): object {
  const start = Number(query.get('start') ?? 0);
  const page = [...all.values()].slice(start, start + Number(query.get('count') ?? 100));
  const keys = [
    'id',
    'title',
    'description',
    'layout_type',
    'url',
    'author_handle',
    'created_at',
    'modified_at',
    'is_read_only',
  ];
  return { dashboards: page.map((model) => Object.fromEntries(keys.map((key) => [key, model[key]]))) };
}

/** “Create a new dashboard” and “Update a dashboard”: `layout_type`, `title` and `widgets` are required; the server sets ids, author, URL and times. */
function save(id: string, model: Model, all: Map<string, Model>): ScriptedAnswer {
  const missing = ['layout_type', 'title', 'widgets'].find((key) => model[key] === undefined);
  if (missing !== undefined) return refused(400, `Invalid dashboard: '${missing}' is a required property`);
  const now = new Date().toISOString();
  const saved = {
    ...{ author_handle: 'user@example.com', created_at: now, is_read_only: false, notify_list: null },
    ...model,
    ...{ id, modified_at: now, url: `/dashboard/${id}/dashboard`, widgets: numbered(model['widgets'], [0]) },
  };
  all.set(id, saved);
  return { status: 200, body: saved };
}

/** Each widget gets an id of its own, those in groups, too. */
function numbered(widgets: unknown, next: [number]): unknown {
  return (widgets as readonly Model[]).map((widget) => {
    const id = ++next[0];
    const definition = widget['definition'] as Model;
    const inner = definition['widgets'] === undefined ? {} : { widgets: numbered(definition['widgets'], next) };
    return { ...widget, id, definition: { ...definition, ...inner } };
  });
}

function idOf(count: number): string {
  return `abc-def-${String(count).padStart(3, '0')}`;
}
