import { type ErrorCode, ProbeError } from '@tailrace/core';
import { excerpt, reasonOf } from './answer.ts';
import type { Connection } from './connection.ts';
import type { Answer, NoAnswer } from './http-client.ts';
import type { ConnectionConfig } from './targets.ts';

/** Asks whether the key is valid; throws {@link ProbeError} with what is plainly wrong, and an ordinary error for what passes by itself. */
export async function probeKey(connection: Connection, { site }: ConnectionConfig, signal: AbortSignal): Promise<void> {
  const answer = await connection.askAboutKey(signal);
  if (answer === null) return;
  const fault = answer.kind === 'none' ? unreachable(answer) : faultOf(answer, site);
  if (fault) throw fault;
}

function faultOf({ status, text }: Answer, site: string): Error | undefined {
  const said = reasonOf(text) ?? excerpt(text);
  if (status === 200 && /"valid"\s*:\s*true/.test(text)) return undefined;
  if (status === 401) return new ProbeError('unauthorized', `Datadog does not see an API key (401): ${said}`);
  if (status === 403) {
    return new ProbeError(
      'forbidden',
      `Datadog does not know the API key at ${site} (403: ${said}): keys belong to one site, so check \`site\` too`,
    );
  }
  if (status === 429 || status >= 500) return new Error(`Datadog answers ${status}: ${said}`);
  return new ProbeError('not_datadog', `what answers the check of the key is no Datadog: status ${status}, ${said}`);
}

const ADVICE: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^proxy .* status 407/, 'unauthorized', 'the proxy refuses the credentials in `proxy`'],
  [/^proxy /, 'server_unreachable', 'the proxy does not open a way to it'],
  [/connect_timeout/, 'server_unreachable', 'it does not take the connection'],
  [/ENOTFOUND|EAI_AGAIN/, 'server_unreachable', 'no such host name: check `site`'],
  [/ECONNREFUSED/, 'server_unreachable', 'nothing listens there'],
  [/wrong version number|packet length too long|EPROTO/, 'tls_failed', 'it does not speak TLS: write http://'],
  [
    /self.signed|unable to (?:get|verify)/,
    'tls_failed',
    'its certificate is signed by an authority that is not trusted: set tls.ca',
  ],
  [/altnames/, 'tls_failed', 'its certificate is for another name: correct the URL or set tls.server_name'],
];

function unreachable({ cause, message }: NoAnswer): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', 'Datadog does not answer the check of the key');
  const known = ADVICE.find(([pattern]) => pattern.test(message));
  const code = known?.[1] ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  return new ProbeError(code, `cannot reach Datadog to check the key: ${known ? `${known[2]} ` : ''}(${message})`);
}
