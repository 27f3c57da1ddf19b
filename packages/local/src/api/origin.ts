import type { IncomingMessage } from 'node:http';
import { ApiProblem } from './api-problem.ts';

/** Names of this machine that no name server can give to another one. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** The host names under which a page may be asked for. */
export function allowedHosts(listening: string, more: readonly string[]): ReadonlySet<string> {
  return new Set([...LOOPBACK, listening, ...more].map((name) => bare(name.toLowerCase())));
}

/**
 * Refuses what another site's page makes a browser send. A name that is not ours can be one that was pointed at this machine (DNS
 * rebinding), so `Host` is compared with a list; `Origin` and `Sec-Fetch-Site` (Fetch Metadata) tell who asks. Throws an {@link ApiProblem}.
 */
export function checkOrigin(request: IncomingMessage, hosts: ReadonlySet<string>, isPage: boolean): void {
  const host = hostOf(request);
  const { hostname } = host;
  // Whoever asks by the address that the connection came to uses no name at all.
  if (!hosts.has(hostname) && hostname !== bare(plainAddress(request.socket.localAddress ?? '')))
    throw new ApiProblem(
      'foreign_host',
      `${JSON.stringify(hostname.slice(0, 100))} is no name of this page: ask by localhost or its address, or add the name to \`allowed_hosts\``,
    );
  const { origin } = request.headers;
  if (origin !== undefined && hostIn(origin) !== host.host)
    throw new ApiProblem('foreign_origin', 'requests of other sites are refused: open the page by its own address');
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  // A link elsewhere may lead to the page, and to nothing else.
  if (isPage && request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document')
    return;
  throw new ApiProblem('foreign_origin', 'requests of other sites are refused: open the page by its own address');
}

function hostOf(request: IncomingMessage): { host: string; hostname: string } {
  const given = request.rawHeaders.filter(
    (_, index) => index % 2 === 0 && /^host$/i.test(request.rawHeaders[index] ?? ''),
  );
  const host = request.headers.host?.toLowerCase() ?? '';
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host);
  if (given.length > 1 || !match) throw new ApiProblem('bad_request', 'the request needs one `Host`');
  return { host, hostname: match[1] ?? match[2] ?? '' };
}

function hostIn(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
}

/** Without the brackets that URLs put around IPv6 addresses. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** A socket that takes both kinds of addresses shows IPv4 as `::ffff:127.0.0.1` (RFC 4291). */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}
