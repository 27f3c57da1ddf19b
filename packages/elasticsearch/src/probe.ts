import { ProbeError } from '@tailrace/core';
import { connectionAdvice } from '@tailrace/http';
import { excerpt, reasonOf } from './answer.ts';
import type { Answer, Connection, NoAnswer } from './client.ts';
import { type Product, productOf, tooOld, versionOf } from './product.ts';

/**
 * Asks the nodes who they are until one answers as Elasticsearch or OpenSearch, and says which; throws {@link ProbeError} with what is
 * plainly wrong, and an ordinary error for what passes by itself.
 */
export async function probeNodes(connection: Connection, signal: AbortSignal): Promise<Product> {
  let first: Error | undefined;
  for (const _ of connection.nodes) {
    const answer = await connection.request({ method: 'GET', path: '/' }, signal);
    const found = identify(answer, connection.nodes.join(', '));
    if (typeof found === 'string') return found;
    first ??= found;
  }
  throw first;
}

function identify(answer: Answer | NoAnswer, nodes: string): Product | Error {
  if (answer.kind === 'none') return unreachable(answer, nodes);
  const { status, text } = answer;
  const said = reasonOf(text) ?? excerpt(text);
  if (status === 401) return new ProbeError('unauthorized', `${nodes} refuses the credentials (401): ${said}`);
  const product = productOf(answer);
  // A key that may only write documents is not told the version: that is as it should be.
  if (status === 403 && product) return product;
  if (status === 429 || status >= 500) return new Error(`${nodes} answers ${status}: ${said}`);
  const version = versionOf(answer);
  if (version === undefined || !product) {
    return new ProbeError(
      'not_elasticsearch',
      `${nodes} is no Elasticsearch or OpenSearch: GET / answers ${status}, ${excerpt(text)}`,
    );
  }
  const outdated = tooOld(product, version);
  return outdated === undefined ? product : new ProbeError('not_elasticsearch', `${nodes} is ${outdated}`);
}

function unreachable({ cause, message }: NoAnswer, nodes: string): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', `${nodes} does not answer`);
  const known = connectionAdvice(message);
  const code = known?.code ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  const advice = known ? `${known.text} ` : '';
  return new ProbeError(code, `cannot connect to ${nodes}: ${advice}(${message})`);
}
