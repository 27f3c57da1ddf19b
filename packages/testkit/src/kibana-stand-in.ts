import { importObjects, type KibanaObject } from './kibana-import.ts';
import { type RecordedRequest, type ScriptedAnswer, scriptedServer } from './scripted-server.ts';

/** How a stand-in for Kibana behaves. */
interface KibanaOptions {
  /** Default `9.2.0`. */
  readonly version?: string;
  /** The only key that is known; default `key`. */
  readonly apiKey?: string;
  /** Beside `default`. */
  readonly spaces?: readonly string[];
}

/** A server that keeps saved objects and refuses them as Kibana's API is documented to. */
export interface KibanaStandIn {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  readonly objects: KibanaObject[];
  /** Called before an import is looked at: what somebody else does in the meantime. */
  onImport: () => void;
  stop(): Promise<void>;
}

/** Starts a stand-in for Kibana on a free loopback port. */
export async function kibanaStandIn(options: KibanaOptions = {}): Promise<KibanaStandIn> {
  const objects: KibanaObject[] = [];
  const hooks: Pick<KibanaStandIn, 'onImport'> = { onImport: () => undefined };
  const server = await scriptedServer(
    (request) => refusedBefore(request, options) ?? answerTo(request, objects, options, hooks),
  );
  return Object.assign(hooks, { url: server.url, requests: server.requests, objects, stop: server.stop });
}

function answer(status: number, body: object | string): ScriptedAnswer {
  return { status, body };
}

/** Errors as Kibana's API writes them (https://www.elastic.co/docs/api/doc/kibana/, the 400 of each operation). */
function refused(statusCode: number, error: string, message: string, attributes?: object): ScriptedAnswer {
  return answer(statusCode, { statusCode, error, message, ...(attributes && { attributes }) });
}

function refusedBefore(
  { headers, method }: RecordedRequest,
  { apiKey = 'key' }: KibanaOptions,
): ScriptedAnswer | undefined {
  // https://www.elastic.co/docs/api/doc/kibana/authentication
  if (headers['authorization'] !== `ApiKey ${apiKey}`)
    return refused(401, 'Unauthorized', '[security_exception]: unable to authenticate with provided credentials');
  // https://www.elastic.co/docs/api/doc/kibana/, “kbn-xsrf: required for all requests that change something”
  if (method !== 'GET' && headers['kbn-xsrf'] === undefined)
    return refused(400, 'Bad Request', 'Request must contain a kbn-xsrf header.');
  return undefined;
}

function answerTo(
  request: RecordedRequest,
  objects: KibanaObject[],
  { version = '9.2.0', spaces = [] }: KibanaOptions,
  hooks: { readonly onImport: () => void },
): ScriptedAnswer {
  const { method, path } = request;
  const [, space = 'default', api = ''] = /^(?:\/s\/([^/]+))?(\/api\/.*)$/.exec(path) ?? [];
  if (method === 'GET' && api === '/api/status') return answer(200, { name: 'kibana', version: { number: version } });
  const asked = /^\/api\/spaces\/space\/([^/]+)$/.exec(api)?.[1];
  // https://www.elastic.co/docs/api/doc/kibana/operation/operation-get-spaces-space-id
  if (method === 'GET' && asked !== undefined)
    return [...spaces, 'default'].includes(asked)
      ? answer(200, { id: asked, name: asked })
      : refused(404, 'Not Found', 'Not Found');
  if (method === 'POST' && api === '/api/saved_objects/_export')
    return exported(JSON.parse(request.text) as ExportRequest, space, objects);
  const imported = /^\/api\/saved_objects\/_import\?overwrite=(true|false)$/.exec(api)?.[1];
  if (method === 'POST' && imported !== undefined) {
    hooks.onImport();
    return importOf(request, { space, overwrite: imported === 'true', version }, objects);
  }
  return refused(404, 'Not Found', 'Not Found');
}

interface ExportRequest {
  readonly objects?: readonly { readonly type: string; readonly id: string }[];
  readonly type?: readonly string[];
}

/**
 * https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-export; what is not there is named and nothing is given,
 * as the functional tests of elastic/kibana expect it (test/api_integration/apis/saved_objects/export.ts).
 */
function exported(
  { objects: wanted, type }: ExportRequest,
  space: string,
  all: readonly KibanaObject[],
): ScriptedAnswer {
  const here = all.filter((object) => object.space === space);
  const missing = (wanted ?? []).filter((each) => !here.some(({ type, id }) => type === each.type && id === each.id));
  if (missing.length > 0) {
    const failed = missing.map(({ type, id }) => ({
      ...{ id, type },
      error: { statusCode: 404, error: 'Not Found', message: `Saved object [${type}/${id}] not found` },
    }));
    return refused(400, 'Bad Request', 'Error fetching objects to export', { objects: failed });
  }
  const chosen = here.filter((object) =>
    wanted ? wanted.some(({ type, id }) => object.type === type && object.id === id) : type?.includes(object.type),
  );
  return answer(200, chosen.map(({ space: _, ...object }) => JSON.stringify(object)).join('\n'));
}

function importOf(
  { headers, text }: RecordedRequest,
  how: { readonly space: string; readonly overwrite: boolean; readonly version: string },
  all: KibanaObject[],
): ScriptedAnswer {
  // “The request body must include the multipart/form-data type”, with one `file`.
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return refused(415, 'Unsupported Media Type', 'Unsupported Media Type');
  const part = text.split(`--${boundary}`)[1] ?? '';
  const [head = '', ndjson = ''] = part.split('\r\n\r\n');
  if (!/name="file"/.test(head))
    return refused(400, 'Bad Request', '[request body.file]: expected value of type [Stream]');
  const name = /filename="([^"]*)"/.exec(head)?.[1] ?? '';
  if (!name.endsWith('.ndjson'))
    return refused(400, 'Bad Request', `Invalid file extension ${name.slice(name.lastIndexOf('.'))}`);
  const result = importObjects(ndjson, how, all);
  return 'message' in result ? refused(result.status, result.error, result.message) : answer(200, result);
}
