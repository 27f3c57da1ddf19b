import { type ErrorCode, ProbeError } from '@tailrace/core';
import { excerpt, parseObject, reasonOf } from './answer.ts';
import type { Answer, Connection, NoAnswer } from './client.ts';

const OLDEST: readonly [number, number] = [7, 17];

/**
 * Asks the nodes who they are until one answers as Elasticsearch; throws {@link ProbeError} with what is plainly wrong, and an
 * ordinary error for what passes by itself.
 */
export async function probeNodes(connection: Connection, signal: AbortSignal): Promise<void> {
  let first: Error | undefined;
  for (const _ of connection.nodes) {
    const answer = await connection.request({ method: 'GET', path: '/' }, signal);
    const fault = faultOf(answer, connection.nodes.join(', '));
    if (!fault) return;
    first ??= fault;
  }
  throw first;
}

function faultOf(answer: Answer | NoAnswer, nodes: string): Error | undefined {
  if (answer.kind === 'none') return unreachable(answer, nodes);
  const { status, text } = answer;
  const said = reasonOf(text) ?? excerpt(text);
  if (status === 401) return new ProbeError('unauthorized', `${nodes} refuses the credentials (401): ${said}`);
  // A key that may only write documents is not told the version: that is as it should be.
  if (status === 403 && isElasticsearch(answer)) return undefined;
  if (status === 429 || status >= 500) return new Error(`${nodes} answers ${status}: ${said}`);
  const info = status === 200 ? parseObject(text) : undefined;
  const version = Object(info?.['version']) as { number?: unknown; distribution?: unknown };
  if (typeof version.number !== 'string' || !isElasticsearch(answer)) {
    return new ProbeError(
      'not_elasticsearch',
      `${nodes} is no Elasticsearch: GET / answers ${status}, ${excerpt(text)}`,
    );
  }
  if (version.distribution !== 'opensearch' && isTooOld(version.number)) {
    return new ProbeError(
      'not_elasticsearch',
      `${nodes} is Elasticsearch ${version.number}; ${OLDEST.join('.')} or later is needed`,
    );
  }
  return undefined;
}

/** Elasticsearch names itself in a header since 7.14; OpenSearch and older ones do it in the tagline. */
function isElasticsearch(answer: Answer): boolean {
  if (answer.headers['x-elastic-product'] === 'Elasticsearch') return true;
  return /"(?:tagline|type)"\s*:\s*"(?:You Know, for Search|The OpenSearch Project|security_exception)/.test(
    answer.text,
  );
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

const ADVICE: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^proxy .* status 407/, 'unauthorized', 'the proxy refuses the credentials in `proxy`'],
  [/connect_timeout/, 'server_unreachable', 'it does not take the connection'],
  [/^proxy /, 'server_unreachable', 'the proxy does not open a way to it'],
  [/ENOTFOUND|EAI_AGAIN/, 'server_unreachable', 'no such host name'],
  [/ECONNREFUSED|refused/, 'server_unreachable', 'nothing listens there'],
  [/wrong version number|packet length too long|EPROTO/, 'tls_failed', 'it does not speak TLS: write http://'],
  [
    /self.signed|unable to (?:get|verify)/,
    'tls_failed',
    'its certificate is signed by an authority that is not trusted: set tls.ca',
  ],
  [/expired/, 'tls_failed', 'its certificate has expired'],
  [/altnames/, 'tls_failed', 'its certificate is for another name: correct the URL or set tls.server_name'],
  [
    /other side closed/,
    'server_unreachable',
    'it closed the connection; where it wants a client certificate, set tls.certificate and tls.key',
  ],
  [
    /certificate required|bad certificate|unknown ca|handshake failure/i,
    'tls_failed',
    'it wants a client certificate that it trusts: set tls.certificate and tls.key',
  ],
];

function unreachable({ cause, message }: NoAnswer, nodes: string): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', `${nodes} does not answer`);
  const known = ADVICE.find(([pattern]) => pattern.test(message));
  const code = known?.[1] ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  const advice = known ? `${known[2]} ` : '';
  return new ProbeError(code, `cannot connect to ${nodes}: ${advice}(${message})`);
}
