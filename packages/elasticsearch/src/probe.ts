import { ProbeError } from '@tailrace/core';
import { connectionAdvice } from '@tailrace/http';
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

function unreachable({ cause, message }: NoAnswer, nodes: string): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', `${nodes} does not answer`);
  const known = connectionAdvice(message);
  const code = known?.code ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  const advice = known ? `${known.text} ` : '';
  return new ProbeError(code, `cannot connect to ${nodes}: ${advice}(${message})`);
}
