import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  type Elasticsearch,
  type ElasticsearchClient,
  type ElasticsearchFlavor,
  type ElasticsearchOptions,
  elasticsearchClient,
  startElasticsearch as startWithKit,
} from '@tailrace/testkit';
import { inject } from 'vitest';
import type { DeskAnswer } from '../servers/elasticsearch.setup.ts';

const kit = fileURLToPath(new URL('../servers/elasticsearch/elasticsearch.sh', import.meta.url));

/** What a test file holds after asking for Elasticsearch. */
export interface ElasticsearchAccess {
  /** True when no node can run on this machine: hand it to `describe.skipIf`. */
  skipped: boolean;
  /** The node all test files of this run share; keep to index names that begin with `indexPrefix()`. */
  shared(): Promise<ElasticsearchClient>;
}

/**
 * Finds out, at the top of a test file, whether a real node can run here. Where it cannot, prints why and lets the file
 * skip its suites; under CI that is an error instead, for a proof that did not run must not look like one that passed.
 */
export async function elasticsearchOrSkip(): Promise<ElasticsearchAccess> {
  return { skipped: !(await canRun(testedFlavor())), shared: sharedNode };
}

/** The same for a server of which the test starts nodes of its own: false where it cannot run, and that has been said. */
export async function canRun(flavor: ElasticsearchFlavor): Promise<boolean> {
  const { reason } = await ask(`install/${flavor}`);
  if (reason === undefined) return true;
  const message = `the server ${flavor} cannot run here, its tests are not run:\n${reason}`;
  // Some systems that are still cared for bring no JDK that Elasticsearch 9 starts on.
  if (isCi() && !(flavor === 'es9' && reason.includes('needs a JDK'))) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return false;
}

/** A node of the test's own, for special settings or for being killed; `stop()` it in `afterAll`. */
export function startElasticsearch(options: Omit<ElasticsearchOptions, 'kit'> = {}): Promise<Elasticsearch> {
  return startWithKit({ flavor: testedFlavor(), ...options, kit });
}

/** The server that the suites of this run are tried against: `$SEARCH_SERVER_FLAVOR`, else `es8`. */
export function testedFlavor(): ElasticsearchFlavor {
  return inject('elasticsearchFlavor');
}

/** Begins with `name` and is drawn anew at each call, so that test files do not meet in one index. */
export function indexPrefix(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}-`;
}

async function sharedNode(): Promise<ElasticsearchClient> {
  const { url, reason } = await ask('shared');
  if (url === undefined) throw new Error(reason ?? 'the shared node has no URL');
  return elasticsearchClient(url);
}

/** By `node:http`, for `fetch` gives up after 300 s and a first download may take longer. */
function ask(what: `install/${ElasticsearchFlavor}` | 'shared'): Promise<DeskAnswer> {
  return new Promise((resolve, reject) => {
    const request = get(`${inject('elasticsearchDesk')}/${what}`, { agent: false }, (response) => {
      json(response).then((answer) => resolve(answer as DeskAnswer), reject);
    });
    request.on('error', reject);
  });
}

/** Whether a proof that cannot run here is a failure. */
export function isCi(): boolean {
  const value = process.env['CI'] ?? '';
  return value !== '' && value !== 'false' && value !== '0';
}
