import { PushError } from './push-error.ts';
import type { Answer, Server } from './server.ts';

/** What a product calls its credentials and its rights. */
export interface Words {
  /** Environment variables that hold the credentials. */
  readonly credentials: string;
  /** What the credentials have to allow. */
  readonly rights: string;
}

/** The error for an answer that is no success. */
export function refusal(
  server: Pick<Server, 'name'>,
  answer: Pick<Answer, 'status' | 'json' | 'text'>,
  words: Words,
): PushError {
  const { status } = answer;
  const said = saidBy(answer);
  if (status === 401)
    return new PushError(`${server.name} does not accept the credentials (401${said}): check ${words.credentials}`);
  if (status === 403)
    return new PushError(`${server.name} forbids it (403${said}): the credentials need ${words.rights}`);
  if (status === 429)
    return new PushError(`${server.name} has had too many requests (429${said}): try again later`, 'unreachable');
  if (status >= 500) return new PushError(`${server.name} failed (${status}${said})`, 'unreachable');
  return new PushError(`${server.name} refused it (${status}${said})`);
}

const MAX_SAID = 300;

/** The server's own words, `: …`, cut where they go on for long; nothing for pages of HTML. */
function saidBy({ json, text }: Pick<Answer, 'json' | 'text'>): string {
  const message = messageIn(json) ?? (text.trimStart().startsWith('<') ? '' : text);
  const line = message.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > MAX_SAID ? `${line.slice(0, MAX_SAID)}…` : line}`;
}

function messageIn(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  if ('message' in json && typeof json.message === 'string') return json.message;
  if ('errors' in json && Array.isArray(json.errors)) return json.errors.map(String).join(', ');
  return undefined;
}
