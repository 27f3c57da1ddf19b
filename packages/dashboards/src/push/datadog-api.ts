import type { client as Types } from '@datadog/datadog-api-client';
import { PushError } from './push-error.ts';
import { refusal } from './refusal.ts';
import { type Access, type Server, serverOf } from './server.ts';

/** What a push asks of Datadog, dashboards as JSON; each throws a {@link PushError}. */
export interface DatadogApi {
  readonly name: string;
  list(): Promise<{ readonly id: string; readonly description: string }[]>;
  get(id: string): Promise<unknown>;
  /** Gives its id. */
  create(dashboard: object): Promise<string>;
  update(id: string, dashboard: object): Promise<void>;
  dashboardUrl(id: string): string;
  close(): void;
}

const WORDS = {
  credentials: 'DD_API_KEY, DD_APP_KEY and DD_SITE',
  rights:
    'DD_API_KEY and DD_APP_KEY that belong to this site, the latter with the permissions dashboards_read and dashboards_write',
};

/** Of the list of all dashboards, as many at once as Datadog gives. */
const PAGE = 100;

/** https://docs.datadoghq.com/api/latest/dashboards/ by the official client, which is loaded now. */
export async function datadogApi(access: Access): Promise<DatadogApi> {
  const { client, DashboardsApi, ObjectSerializer } = await load();
  const server = serverOf('Datadog', access);
  const configuration = client.createConfiguration({
    baseServer: new client.BaseServerConfiguration(access.url.href.replace(/\/+$/, ''), {}),
    // Requests go where all others of a push go, with its headers, so that TLS and errors are the same.
    authMethods: {},
    httpApi: { send: (request) => send(client, server, access.url, request) },
  });
  const dashboards = new DashboardsApi(configuration);
  const bodyOf = (dashboard: object) => ObjectSerializer.deserialize(dashboard, 'Dashboard', '');
  return {
    name: server.name,
    close: server.close,
    dashboardUrl: (id) => `${appUrl(access.url)}/dashboard/${id}`,
    async list() {
      const found: { id: string; description: string }[] = [];
      for await (const { id, description } of dashboards.listDashboardsWithPagination({ count: PAGE }))
        if (id !== undefined) found.push({ id, description: description ?? '' });
      return found;
    },
    get: async (id) =>
      ObjectSerializer.serialize(await dashboards.getDashboard({ dashboardId: id }), 'Dashboard', '') as unknown,
    async create(dashboard) {
      const { id } = await dashboards.createDashboard({ body: bodyOf(dashboard) });
      if (id === undefined) throw new PushError(`${server.name} made a dashboard and did not say its id`);
      return id;
    },
    async update(id, dashboard) {
      await dashboards.updateDashboard({ dashboardId: id, body: bodyOf(dashboard) });
    },
  };
}

/** Only what is needed of it, in a tenth of a second: all of it takes one, and its methods take objects that only its serializer makes. */
async function load() {
  try {
    const [client, { DashboardsApi }, { ObjectSerializer }] = await Promise.all([
      import('@datadog/datadog-api-client/dist/packages/datadog-api-client-common/index.js'),
      import('@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/DashboardsApi.js'),
      import('@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer.js'),
    ]);
    return { client, DashboardsApi, ObjectSerializer };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new PushError(
      'the package @datadog/datadog-api-client is missing: npm install @datadog/datadog-api-client, or import the file that `tailrace dashboards build` writes',
    );
  }
}

async function send(
  { ResponseContext, SelfDecodingBody }: typeof Types,
  server: Server,
  base: URL,
  request: Types.RequestContext,
): Promise<Types.ResponseContext> {
  const method = request.getHttpMethod();
  if (method !== 'GET' && method !== 'POST' && method !== 'PUT')
    throw new Error(`requests with ${method} are not made`);
  const { pathname, search } = new URL(request.getUrl());
  const path = pathname.slice(base.pathname.replace(/\/+$/, '').length);
  const body = request.getBody();
  const content = body === undefined ? undefined : { content: Buffer.from(String(body)) };
  const answer = await server.request(method, `${path}${search}`, content);
  if (answer.status >= 300) throw refusal(server, answer, WORDS);
  const text = new SelfDecodingBody(Promise.resolve(Buffer.from(answer.text)));
  return new ResponseContext(answer.status, { 'content-type': 'application/json' }, text);
}

/** Where people look at it: https://docs.datadoghq.com/getting_started/site/ */
function appUrl({ protocol, host }: URL): string {
  const site = host.replace(/^api\./, '');
  return `${protocol}//${site === host || site.split('.').length > 2 ? site : `app.${site}`}`;
}
