import { type ImportAnswer, importedIds, multipart } from './kibana-import.ts';
import { type StoredObject, storedObjects } from './kibana-objects.ts';
import { PushError } from './push-error.ts';
import { refusal } from './refusal.ts';
import { type Access, type Answer, type Server, serverOf } from './server.ts';

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
    requireVersion: () => requireVersion(server, refused),
    requireSpace: () => requireSpace(server, space, refused),
    stored: (wanted) => storedObjects(wanted, exported, refused),
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

type Refused = (answer: Answer) => PushError;

async function requireVersion(server: Server, refused: Refused): Promise<void> {
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
}

async function requireSpace(server: Server, space: string, refused: Refused): Promise<void> {
  if (space === 'default') return;
  const answer = await server.request('GET', `/api/spaces/space/${encodeURIComponent(space)}`);
  if (answer.status === 404)
    throw new PushError(
      `${server.name} has no space "${space}": correct --space, or create it under Stack Management → Spaces`,
    );
  if (answer.status !== 200) throw refused(answer);
}

function versionIn(status: unknown): string | undefined {
  const version = (status as { version?: { number?: unknown } } | undefined)?.version?.number;
  return typeof version === 'string' ? version : undefined;
}
