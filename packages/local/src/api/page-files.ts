import type { IncomingMessage, ServerResponse } from 'node:http';
import { page } from '../page/assets.generated.ts';
import type { ApiProblem } from './api-problem.ts';
import { type Body, SECURITY_HEADERS, sendBody, taggedBody } from './reply.ts';
import type { TokenGate } from './token.ts';

/** The page itself: what it is made of, and how one gets in. */
export interface PageFiles {
  /** What lies at a path; nothing is read from the disk. */
  file(path: string): Body | undefined;
  /** Takes a token out of the page's address and leaves a cookie; true when that was the answer. */
  enter(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
    gate: TokenGate | null,
  ): Promise<boolean>;
  /** A refusal for a person in front of a browser, when it is one. */
  refusal(request: IncomingMessage, problem: ApiProblem): Body | undefined;
}

/** The page as it was built. */
export function pageFiles(): PageFiles {
  const files = new Map<string, Body>([
    ['/', taggedBody('text/html; charset=utf-8', page.html)],
    ['/page.js', taggedBody('text/javascript; charset=utf-8', page.js)],
    ['/page.css', taggedBody('text/css; charset=utf-8', page.css)],
  ]);
  return {
    file: (path) => files.get(path),
    async enter(request, response, path, query, gate) {
      const token = path === '/' && request.method === 'GET' ? new URLSearchParams(query).get('token') : null;
      if (token === null) return false;
      const cookie = await gate?.exchange(request, token);
      const headers = { ...(cookie !== undefined && { 'set-cookie': cookie }), 'cache-control': 'no-store' };
      const site = request.headers['sec-fetch-site'];
      if (site === undefined || site === 'none' || site === 'same-origin') {
        response.writeHead(303, { ...SECURITY_HEADERS, ...headers, location: '/' }).end();
        return true;
      }
      // A redirect would count as the other site's, and the browser would keep the new cookie back (SameSite=Strict).
      const again = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>tailrace</title>';
      await sendBody(request, response, 200, { type: 'text/html; charset=utf-8', bytes: Buffer.from(again) }, headers);
      return true;
    },
    refusal(request, { message }) {
      if (request.headers['sec-fetch-dest'] !== 'document') return undefined;
      const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>tailrace</title><h1>tailrace</h1><p>${escaped(message)}.</p><p><a href="/">To the page</a></p></html>`;
      return { type: 'text/html; charset=utf-8', bytes: Buffer.from(text) };
    },
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
