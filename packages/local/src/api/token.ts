import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '@tailrace/core';
import { ApiProblem } from './api-problem.ts';
import { countGuesses } from './guesses.ts';

/** A wrong token is answered late. */
const WRONG_MS = 300;
const HOW = 'send `Authorization: Bearer TOKEN`, or open the page with ?token=TOKEN once';

/** Tells who may ask. */
export interface TokenGate {
  /** Throws an {@link ApiProblem} unless the request carries the token or the page's cookie. */
  check(request: IncomingMessage): Promise<void>;
  /** Takes the token of a link and gives the cookie to set in its place; throws an {@link ApiProblem}. */
  exchange(request: IncomingMessage, token: string): Promise<string>;
}

/**
 * A gate for a token. The cookie holds no token but what can be calculated of it, so it outlives this process and yet cannot be used
 * elsewhere. What is compared are hashes of equal length, in constant time.
 */
export function tokenGate(token: Secret, port: number, isSecure: boolean): TokenGate {
  const guesses = countGuesses();
  // Cookies of a host are shared by all its ports (RFC 6265, section 8.5).
  const name = `tailrace_${port}`;
  const session = createHmac('sha256', token.reveal()).update('tailrace page, version 1').digest('base64url');
  const cookie = `${name}=${session}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  const hold = async (request: IncomingMessage, isRight: () => boolean): Promise<void> => {
    const address = request.socket.remoteAddress ?? '';
    const seconds = guesses.wait(address);
    if (seconds > 0)
      throw new ApiProblem('too_many_guesses', `too many wrong tokens: wait ${seconds} s`, {
        'retry-after': `${seconds}`,
      });
    if (isRight()) return;
    guesses.wrong(address);
    await sleep(WRONG_MS);
    throw new ApiProblem('token_wrong', `the token is wrong: take it from the configuration of the sink and ${HOW}`, {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  };
  return {
    async check(request) {
      const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
      if (bearer !== undefined) return await hold(request, () => isSame(bearer, token.reveal()));
      const given = cookieOf(request, name);
      if (given !== undefined) return await hold(request, () => isSame(given, session));
      throw new ApiProblem('token_missing', `this needs a token: ${HOW}`, { 'www-authenticate': 'Bearer' });
    },
    async exchange(request, given) {
      await hold(request, () => isSame(given, token.reveal()));
      return cookie;
    },
  };
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
