import { PushError } from './push-error.ts';
import { refusal } from './refusal.ts';
import { type Access, type Answer, serverOf } from './server.ts';

/** A saved object, as an export has it. */
export interface StoredObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly type: string; readonly id: string; readonly name: string }[];
  /** The id that a copy in another space has its own from. */
  readonly originId?: string;
}

/** What a push asks of Kibana; each throws a {@link PushError}. */
export interface KibanaApi {
  readonly name: string;
  /** Throws when it is too old for the files. */
  requireVersion(): Promise<void>;
  requireSpace(): Promise<void>;
  /** Those of the objects that are there, by `type:id`. */
  stored(wanted: readonly StoredObject[]): Promise<ReadonlyMap<string, StoredObject>>;
  /** Imports a file; gives the ids that Kibana chose instead, by `type:id`. */
  import(ndjson: string, overwrite: boolean): Promise<ReadonlyMap<string, string>>;
  dashboardUrl(id: string): string;
  close(): void;
}

/** The first version that takes the stamps of the files. */
const OLDEST = { major: 8, minor: 9 };

const WORDS = {
  credentials: 'KIBANA_API_KEY, or KIBANA_USERNAME and KIBANA_PASSWORD',
  rights: 'the privilege "Saved Objects Management: all" in this space',
};

/** https://www.elastic.co/docs/api/doc/kibana/group/endpoint-saved-objects */
export function kibanaApi(target: Access & { readonly space?: string | undefined }): KibanaApi {
  const { space = 'default' } = target;
  // Kibana refuses requests that change something without this header.
  const server = serverOf('Kibana', { ...target, headers: { ...target.headers, 'kbn-xsrf': 'true' } });
  const inSpace = space === 'default' ? '' : `/s/${encodeURIComponent(space)}`;
  const name = space === 'default' ? server.name : `${server.name}, space "${space}",`;
  const refused = (answer: Answer): PushError => refusal(server, answer, WORDS);
  const exported = (body: object): Promise<Answer> =>
    server.request('POST', `${inSpace}/api/saved_objects/_export`, {
      content: { ...body, excludeExportDetails: true },
    });

  return {
    name,
    close: server.close,
    dashboardUrl: (id) =>
      `${target.url.href.replace(/\/+$/, '')}${inSpace}/app/dashboards#/view/${encodeURIComponent(id)}`,
    async requireVersion() {
      const answer = await server.request('GET', '/api/status');
      // Kibana answers 503 with all of it when a plugin is not well.
      if (answer.status !== 200 && answer.status !== 503) throw refused(answer);
      const number = versionIn(answer.json);
      if (number === undefined) return;
      const [major = 0, minor = 0] = number.split('.').map(Number);
      if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor))
        throw new PushError(
          `${server.name} is version ${number}, which is too old: the dashboards need ${OLDEST.major}.${OLDEST.minor} or newer`,
        );
    },
    async requireSpace() {
      if (space === 'default') return;
      const answer = await server.request('GET', `/api/spaces/space/${encodeURIComponent(space)}`);
      if (answer.status === 404)
        throw new PushError(
          `${server.name} has no space "${space}": correct --space, or create it under Stack Management → Spaces`,
        );
      if (answer.status !== 200) throw refused(answer);
    },
    async stored(wanted) {
      const direct = await exportOf(wanted, exported, refused);
      const there = new Set(direct.map(keyOf));
      const missing = wanted.filter((object) => !there.has(keyOf(object)));
      const copies = missing.length === 0 ? [] : await copiesOf(missing, exported, refused);
      return byOriginalId([...direct, ...copies], new Set(wanted.map(keyOf)));
    },
    async import(ndjson, overwrite) {
      const { content, type } = multipart(ndjson);
      const answer = await server.request('POST', `${inSpace}/api/saved_objects/_import?overwrite=${overwrite}`, {
        content,
        type,
      });
      if (answer.status !== 200) throw refused(answer);
      return importedIds(answer.json as ImportAnswer, name);
    },
  };
}

function versionIn(status: unknown): string | undefined {
  const version = (status as { version?: { number?: unknown } } | undefined)?.version?.number;
  return typeof version === 'string' ? version : undefined;
}

type Export = (body: object) => Promise<Answer>;
type Refused = (answer: Answer) => PushError;

/** An export names the objects that are not there and gives none; it is asked again for the others. */
async function exportOf(wanted: readonly StoredObject[], exported: Export, refused: Refused): Promise<StoredObject[]> {
  const objects = wanted.map(({ type, id }) => ({ type, id }));
  const first = await exported({ objects });
  if (first.status === 200) return linesOf(first.text);
  const failed = failedObjects(first);
  if (!failed) throw refused(first);
  const there = objects.filter(({ type, id }) => !failed.some((each) => each.type === type && each.id === id));
  if (there.length === 0) return [];
  const second = await exported({ objects: there });
  if (second.status !== 200) throw refused(second);
  return linesOf(second.text);
}

interface FailedObject {
  readonly type: string;
  readonly id: string;
  readonly error?: { readonly statusCode?: number };
}

/** The objects that are not there, if that is all that is wrong. */
function failedObjects({ status, json }: Answer): readonly FailedObject[] | undefined {
  const objects = (json as { attributes?: { objects?: readonly FailedObject[] } } | undefined)?.attributes?.objects;
  const areMissing = objects?.every(({ error }) => error?.statusCode === 404) ?? false;
  return status === 400 && areMissing ? objects : undefined;
}

/** Ids of these types are unique over all spaces: in a second space an import makes copies with ids of their own. */
async function copiesOf(missing: readonly StoredObject[], exported: Export, refused: Refused): Promise<StoredObject[]> {
  const types = [...new Set(missing.map(({ type }) => type))];
  const answer = await exported({ type: types });
  // More objects than Kibana exports at once: what is created then in the place of a copy is refused as a conflict.
  if (answer.status === 400) return [];
  if (answer.status !== 200) throw refused(answer);
  return linesOf(answer.text).filter((object) =>
    missing.some(({ type, id }) => object.type === type && object.originId === id),
  );
}

/** Objects under the ids that the file has for them, with references by these ids, too. */
function byOriginalId(objects: readonly StoredObject[], wanted: ReadonlySet<string>): Map<string, StoredObject> {
  const copied = objects.filter((object) => !wanted.has(keyOf(object)));
  const originals = new Map(copied.map((object) => [keyOf(object), object.originId ?? object.id]));
  const named = objects.map((object) => {
    const references = object.references.map((each) => ({ ...each, id: originals.get(keyOf(each)) ?? each.id }));
    return [
      keyOf({ type: object.type, id: originals.get(keyOf(object)) ?? object.id }),
      { ...object, references },
    ] as const;
  });
  return new Map(named);
}

/** `dashboard:tailrace-mirrord-usage` */
export function keyOf({ type, id }: Pick<StoredObject, 'type' | 'id'>): string {
  return `${type}:${id}`;
}

function linesOf(ndjson: string): StoredObject[] {
  const lines = ndjson.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as StoredObject);
}

const BOUNDARY = 'tailrace-dashboards-4f1c2b7e';

/** A form with one file (RFC 7578); Kibana goes by the end of its name. */
function multipart(ndjson: string): { readonly content: Uint8Array; readonly type: string } {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="tailrace.ndjson"\r\ncontent-type: application/ndjson\r\n\r\n`;
  return {
    content: Buffer.from(`${head}${ndjson}\r\n--${BOUNDARY}--\r\n`),
    type: `multipart/form-data; boundary=${BOUNDARY}`,
  };
}

interface ImportAnswer {
  readonly success: boolean;
  readonly successResults?: readonly { readonly type: string; readonly id: string; readonly destinationId?: string }[];
  readonly errors?: readonly ImportError[];
}

interface ImportError {
  readonly type: string;
  readonly id: string;
  readonly error: {
    readonly type: string;
    readonly message?: string;
    readonly references?: readonly { readonly type: string; readonly id: string }[];
  };
}

function importedIds({ success, successResults = [], errors = [] }: ImportAnswer, name: string): Map<string, string> {
  if (!success) throw new PushError(`${name} did not import all: ${errors.map(errorText).join('; ')}`);
  const chosen = successResults.flatMap(({ type, id, destinationId }) =>
    destinationId === undefined ? [] : [[`${type}:${id}`, destinationId] as const],
  );
  return new Map(chosen);
}

/** https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import, `errors` */
function errorText({ type, id, error }: ImportError): string {
  const what = `${type} "${id}"`;
  if (error.type === 'missing_references') {
    const missing = (error.references ?? []).map(
      (each) => `${each.type === 'index-pattern' ? 'data view' : each.type} "${each.id}"`,
    );
    return `${what} refers to ${missing.join(', ')}, which is not in this space`;
  }
  if (error.type === 'conflict' || error.type === 'ambiguous_conflict')
    return `${what} is there already, made by somebody else: push again to see it`;
  if (error.type === 'unsupported_type') return `${what} is of a type that this Kibana does not know`;
  return `${what}: ${error.message ?? error.type}`;
}
