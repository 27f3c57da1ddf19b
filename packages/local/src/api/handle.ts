import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@tailrace/core';
import type { Answers } from './answers.ts';
import { ApiProblem, problemOf } from './api-problem.ts';
import type { Changes } from './changes.ts';
import { createMatcher } from './match.ts';
import { checkOrigin } from './origin.ts';
import type { Outbox } from './outbox.ts';
import type { PageFiles } from './page-files.ts';
import { readBody, readParams, readQuery } from './parameters.ts';
import { jsonBody, SECURITY_HEADERS, sendBody } from './reply.ts';
import { readText } from './request-body.ts';
import type { ApiContext, Asked, Route } from './route.ts';
import { ROUTES } from './routes.ts';
import type { TokenGate } from './token.ts';

const MOST_URL = 16 * 1024;
const GRACE_MS = 10_000;

/** Where a request came in, and what it must show there. */
export interface Door {
  /** Names of the host under which it may be asked; null where no browser comes. */
  readonly hosts: ReadonlySet<string> | null;
  readonly gate: TokenGate | null;
  readonly page: PageFiles | null;
}

/** What all doors share. */
export interface Desk {
  readonly context: ApiContext;
  readonly answers: Answers;
  readonly changes: Changes;
  readonly outbox: Outbox;
  readonly log: Log;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers the requests of a door; it never rejects. */
export function createHandler(door: Door, desk: Desk): Handle {
  const match = createMatcher(ROUTES);
  const answer: Handle = async (request, response) => {
    const url = request.url ?? '';
    if (url.length > MOST_URL)
      throw new ApiProblem('url_too_long', `the address is longer than ${MOST_URL} characters`);
    if (!url.startsWith('/')) throw new ApiProblem('bad_request', 'the request needs a path');
    const [path, text] = parted(url);
    const file = door.page?.file(path);
    if (door.hosts !== null) checkOrigin(request, door.hosts, path === '/');
    if (await door.page?.enter(request, response, path, text, door.gate)) return;
    await door.gate?.check(request);
    if (file !== undefined) {
      if (allowed(request, response, ['GET'])) await sendBody(request, response, 200, file);
      return;
    }
    const found = match(path);
    if (found === undefined)
      throw new ApiProblem('not_found', 'there is nothing here: /api/v1/openapi.json says what is');
    if (!allowed(request, response, [...found.methods.keys()])) return;
    const route = found.methods.get(request.method === 'HEAD' ? 'GET' : (request.method ?? ''));
    if (route !== undefined) await answerRoute(route, found.params, text, desk, request, response);
  };
  return async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      await refuse(error, door, desk.log, request, response);
    }
  };
}

async function answerRoute(
  route: Route,
  params: Readonly<Record<string, string>>,
  text: string,
  { context, answers, changes, outbox }: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts = {
    params: readParams(params, route.params),
    ...readQuery(text, route.query, route.variables === true),
    body: route.body === undefined ? undefined : readBody(await readText(request), route.body),
  };
  if (route.streams === true) return changes.join(request, response);
  if (route.mostMilliseconds !== undefined) response.setTimeout(route.mostMilliseconds + GRACE_MS);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const key = route.shared === true ? keyOf(route, parts) : undefined;
  const body = await answers.get(key, context.revisions.current(), gone.signal, async (signal) =>
    jsonBody(await route.answerOf(context, { ...parts, signal })),
  );
  outbox.enter(response, body.bytes.length);
  await sendBody(request, response, 200, body);
}

function keyOf({ path }: Route, { params, query, chosen }: Omit<Asked<object, object, unknown>, 'signal'>): string {
  const sorted = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([path, sorted(params), sorted(query), sorted(chosen)]);
}

/** False when it has been answered: OPTIONS tells the methods, others than those are refused. */
function allowed(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): boolean {
  const all = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  const method = request.method ?? '';
  if (method === 'OPTIONS') {
    response.writeHead(204, { ...SECURITY_HEADERS, allow: all.join(', ') }).end();
    return false;
  }
  if (all.includes(method)) return true;
  throw new ApiProblem('method_not_allowed', `here only ${all.join(', ')} can be used`, { allow: all.join(', ') });
}

async function refuse(
  error: unknown,
  door: Door,
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  const problem = problemOf(error);
  if (problem.status === 500) log.error({ error: inspected(error) }, 'a request for the page or the API failed');
  // What follows of a body that is not read would be taken for the next request.
  const headers = { ...problem.headers, ...(request.complete ? {} : { connection: 'close' }) };
  const { code, message } = problem;
  const body = door.page?.refusal(request, problem) ?? jsonBody({ error: { code, message } });
  await sendBody(request, response, problem.status, body, headers).catch(() => response.destroy());
}

function inspected(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function parted(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}
