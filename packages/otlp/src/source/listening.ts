import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, type SourceContext } from '@tailrace/core';

/** A server that takes requests. */
export interface Listener {
  /** Starts to listen; resolves with the address that it got, rejects with what is in the way. */
  open(): Promise<string>;
  /** Takes no further request; resolves when those that it had are answered and their connections closed. */
  drain(): Promise<void>;
  /** Closes what is left. */
  destroy(): void;
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How long to wait before trying again where something else listens, in milliseconds. */
const RETRY_MS = 1000;

/** `host:port` taken apart; throws a ConfigError. IPv6 addresses stand in brackets. */
export function parseAddress(text: string, at: readonly string[]): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text);
  if (match && Number(match[3]) <= 65_535) return { host: match[1] ?? match[2]!, port: Number(match[3]) };
  throw new ConfigError(at, `must be host:port, such as 127.0.0.1:4317 or [::1]:4317, is ${JSON.stringify(text)}`);
}

/** An address as it stands in a URL. */
export function printAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Opens a listener, however long something else listens there: a predecessor that is about to go, or a mistake, of which /readyz tells.
 * False when the signal ended it.
 */
export async function keepOpening(
  listener: Listener,
  name: string,
  address: Address,
  context: SourceContext,
  signal: AbortSignal,
): Promise<boolean> {
  const subject = `${name} ${printAddress(address)}`;
  while (!signal.aborted) {
    try {
      const at = await listener.open();
      context.notReady(subject, null);
      context.log.info(
        { component: context.componentId, address: at },
        `${context.componentId}: takes OTLP over ${name} on ${at}`,
      );
      return true;
    } catch (error) {
      context.countErrors('listen_failed', 1);
      context.notReady(subject, `cannot listen: ${explain(error)}`);
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('EADDRINUSE')) return 'the address is in use: stop what listens there, or set another address';
  if (message.includes('EACCES')) return 'the process may not listen there: choose a port above 1023';
  if (message.includes('EADDRNOTAVAIL') || message.includes('ENOTFOUND'))
    return `this machine has no such address (${message})`;
  return message;
}
