/** Header by which Elasticsearch proves to Elastic's clients what it is; sent on every answer since 7.14. */
export const productHeader = { 'x-elastic-product': 'Elasticsearch' } as const;

/** What became of one bulk item: its status alone, or with the error Elasticsearch would give. */
export type BulkItemResult = number | { status: number; error: { type: string; reason: string } };

/** A status and a JSON body, ready to be sent. */
export interface JsonAnswer {
  status: number;
  body: string;
}

const newline = 0x0a;
const quote = 0x22;

/** The action names of a `_bulk` body in order, one per item; `undefined` where the body does not end with a newline. */
export function bulkActions(body: Buffer): string[] | undefined {
  const actions: string[] = [];
  let at = 0;
  while (at < body.length) {
    const end = body.indexOf(newline, at);
    if (end === -1) return undefined;
    const action = actionName(body, at, end);
    at = end + 1;
    if (action === undefined) continue; // Elasticsearch passes over an empty line
    actions.push(action);
    if (action === 'delete') continue; // the only action without a document line
    const documentEnd = body.indexOf(newline, at);
    if (documentEnd === -1) return undefined;
    at = documentEnd + 1;
  }
  return actions;
}

/** The answer to a `_bulk` body as `filter_path=errors,items.*.status,items.*.error` cuts it: one item per action. */
export function answerBulkBody(body: Buffer, resultOf: (index: number) => BulkItemResult = () => 201): JsonAnswer {
  const actions = bulkActions(body);
  if (actions === undefined) {
    return errorAnswer(400, 'illegal_argument_exception', 'The bulk request must be terminated by a newline [\\n]');
  }
  if (actions.length === 0) return errorAnswer(400, 'parse_exception', 'request body is required');
  let errors = false;
  const items = actions.map((action, index) => {
    const result = resultOf(index);
    const item = typeof result === 'number' ? { status: result } : { error: result.error, status: result.status };
    errors ||= item.status >= 300;
    return `{"${action}":${JSON.stringify(item)}}`;
  });
  return { status: 200, body: `{"errors":${errors},"items":[${items.join(',')}]}` };
}

/** An error body in Elasticsearch's layout. */
export function errorAnswer(status: number, type: string, reason: string): JsonAnswer {
  const cause = { type, reason };
  return { status, body: JSON.stringify({ error: { root_cause: [cause], ...cause }, status }) };
}

/** Answers what a sink asks besides `_bulk`: `GET /`, and index and component templates, which are remembered. */
export function elasticsearchSideDoor(): (method: string, path: string, body: Buffer) => JsonAnswer {
  const templates = new Map<string, unknown>();
  return (method, path, body) => {
    const plain = path.replace(/\?.*/s, '');
    if (plain === '/' && (method === 'GET' || method === 'HEAD'))
      return { status: 200, body: JSON.stringify(rootBody) };
    const [, kind, name] = /^\/_(index|component)_template\/([^/]+)$/.exec(plain) ?? [];
    if (kind === undefined || name === undefined) {
      return errorAnswer(
        400,
        'illegal_argument_exception',
        `no handler found for uri [${path}] and method [${method}]`,
      );
    }
    const key = `${kind}/${name}`;
    if (method === 'PUT' || method === 'POST') {
      templates.set(key, JSON.parse(body.toString()));
      return { status: 200, body: '{"acknowledged":true}' };
    }
    const template = templates.get(key);
    if (template === undefined)
      return errorAnswer(404, 'resource_not_found_exception', `${kind} template matching [${name}] not found`);
    const found = { [`${kind}_templates`]: [{ name: decodeURIComponent(name), [`${kind}_template`]: template }] };
    return { status: 200, body: JSON.stringify(found) };
  };
}

/** True for `/_bulk` and `/{index}/_bulk`, with or without a query. */
export function isBulkPath(path: string): boolean {
  return /^(\/[^/?]+)?\/_bulk(\?|$)/.test(path);
}

const rootBody = {
  name: 'stand-in',
  cluster_name: 'stand-in',
  cluster_uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  version: { number: '8.19.0', build_flavor: 'default', lucene_version: '9.12.2' },
  tagline: 'You Know, for Search',
};

/** Reads `{"create":` by its quotes; parsing each action line would cost more than the rest of the request. */
function actionName(body: Buffer, from: number, to: number): string | undefined {
  const opening = body.indexOf(quote, from);
  if (opening === -1 || opening >= to) return undefined;
  switch (body[opening + 1]) {
    case 0x63:
      return 'create';
    case 0x69:
      return 'index';
    case 0x64:
      return 'delete';
    default:
      return 'update';
  }
}
