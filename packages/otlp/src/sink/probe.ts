import { ProbeError, type Signal } from '@tailrace/core';
import { connectionAdvice, type NoAnswer } from '@tailrace/http';
import { judge } from './judge.ts';
import type { Targets } from './targets.ts';
import type { Transport } from './transport.ts';

/**
 * Sends empty requests, which every receiver takes (OTLP 1.11), until one signal of each target was served; throws {@link ProbeError} with
 * what is plainly wrong, and an ordinary error for what passes by itself.
 */
export async function probeTargets(
  transport: Transport,
  targets: Targets,
  signals: readonly Signal[],
  emptyRequest: Uint8Array,
  stop: AbortSignal,
): Promise<void> {
  const served = new Set<string>();
  const unserved = new Map<string, ProbeError>();
  for (const signal of signals) {
    const { origin } = targets[signal];
    if (served.has(origin)) continue;
    const fault = faultOf(await transport.send(signal, emptyRequest, stop), signal, targets[signal]);
    if (!fault) served.add(origin);
    else if (!(fault instanceof ProbeError) || fault.code !== 'not_otlp') throw fault;
    else if (!unserved.has(origin)) unserved.set(origin, fault);
  }
  for (const [origin, fault] of unserved) if (!served.has(origin)) throw fault;
}

function faultOf(reply: Awaited<ReturnType<Transport['send']>>, signal: Signal, url: URL): Error | undefined {
  if (reply.kind === 'none') return unreachable(reply, url.origin);
  const { verdict } = judge(reply, { signal, entries: 1, partialSuccess: 'accept' });
  // A gRPC target has one URL for all signals.
  const place = url.pathname === '/' ? `${url.origin} (${signal})` : `${url.origin}${url.pathname}`;
  if (verdict.kind === 'retry') return new Error(`${place} answers ${verdict.message}`);
  if (verdict.kind === 'pause') return new ProbeError(verdict.code, `${place} answers ${verdict.message}`);
  const refused = verdict.kind === 'done' ? verdict.refused[0] : undefined;
  if (!refused) return undefined;
  if (refused.code !== 'not_otlp') return new Error(`${place} answers ${refused.message}`);
  return new ProbeError('not_otlp', `${place} takes no OTLP: it answers ${refused.message}`);
}

function unreachable({ cause, message }: NoAnswer, origin: string): Error {
  if (cause === 'aborted') return new ProbeError('server_timeout', `${origin} does not answer`);
  const known = connectionAdvice(message);
  const code = known?.code ?? (cause === 'tls' ? 'tls_failed' : 'server_unreachable');
  return new ProbeError(code, `cannot connect to ${origin}: ${known ? `${known.text} (${message})` : message}`);
}
