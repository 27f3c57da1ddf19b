import { ProbeError } from '@tailrace/core';
import { connectionAdvice } from '@tailrace/http';
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

function unreachable({ cause, message }: NoAnswer): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', 'Datadog does not answer the check of the key');
  const known = connectionAdvice(message);
  const code = known?.code ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  return new ProbeError(code, `cannot reach Datadog to check the key: ${known ? `${known.text} ` : ''}(${message})`);
}
