import { createServer, connect as openConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultedRequest, type HttpFault, httpFaultServer } from './fault-http.ts';
import { listenOnLoopback } from './listen.ts';

/** What goes wrong below HTTP; `at` says whether the target has taken the request before the connection is reset. */
export type TcpFault =
  /** Each piece of an answer comes so much later. */
  | { kind: 'delay'; ms: number }
  /** Each direction of each connection carries so much. */
  | { kind: 'bandwidth'; bytesPerSecond: number }
  /** RST: right after the connection was accepted, or in place of the answer of a target that has taken the request. */
  | { kind: 'reset'; at: 'connection' | 'answer' }
  /** The first half of an answer's first piece, then the end of the connection. */
  | { kind: 'half' }
  /** Connections open and nothing passes; what was held goes on when the fault ends. */
  | { kind: 'hang' };

/** One fault of the proxy. */
export type Fault = TcpFault | HttpFault;

/** A running reverse proxy, its faults, and what was asked of it. */
export interface FaultProxy {
  url: string;
  /** Puts a fault in place of the one before; `null` lets everything pass. Holds for connections that are open, too. */
  apply(fault: Fault | null): void;
  /** The requests that came whole, in the order of their coming. */
  requests: readonly FaultedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

const HTTP_KINDS: ReadonlySet<string> = new Set(['status', 'too_large', 'entries']);

/** Puts faults between an HTTP client and `target`, a URL: those of TCP on the client's side, those of HTTP behind them. */
export async function faultProxy({ target }: { target: string }): Promise<FaultProxy> {
  const http = await httpFaultServer(target);
  const current = switchable<TcpFault>();
  let connections = 0;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections++;
    join(client, http.port, current);
  });
  const { port, stop } = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests: http.requests,
    connections: () => connections,
    apply(fault) {
      const isHttp = fault !== null && HTTP_KINDS.has(fault.kind);
      http.apply(isHttp ? (fault as HttpFault) : null);
      current.set(isHttp ? null : (fault as TcpFault | null));
    },
    async stop() {
      // What hangs must not wait for an end that does not come.
      current.set(null);
      await stop();
      await http.stop();
    },
  };
}

interface Switch<T> {
  readonly value: T | null;
  set(value: T | null): void;
  /** Resolves at the next change. */
  changed(): Promise<void>;
}

function switchable<T>(): Switch<T> {
  let value: T | null = null;
  let waiting: (() => void)[] = [];
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      for (const wake of waiting.splice(0)) wake();
    },
    changed() {
      return new Promise((resolve) => {
        waiting = [...waiting, resolve];
      });
    },
  };
}

function join(client: Socket, port: number, fault: Switch<TcpFault>): void {
  const upstream = openConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  upstream.setNoDelay(true);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  client.once('close', () => upstream.end());
  upstream.once('close', () => client.destroy());
  if (fault.value?.kind === 'reset' && fault.value.at === 'connection') {
    client.resetAndDestroy();
    return;
  }
  void pass(client, upstream, (chunk) => toTarget(chunk, client, fault));
  void pass(upstream, client, (chunk) => toClient(chunk, client, fault));
}

/** Hands on what `alter` leaves of each piece, as fast as the other side takes it; an end is handed on as an end. */
async function pass(from: Socket, to: Socket, alter: (chunk: Buffer) => Promise<Buffer | null>): Promise<void> {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const left = await alter(chunk);
      if (left === null || to.destroyed) return;
      if (!to.write(left)) await new Promise<void>((resolve) => to.once('drain', resolve).once('close', resolve));
    }
    to.end();
  } catch {
    // Either side may go at any time; the other one is ended by the listeners above.
  }
}

async function toTarget(chunk: Buffer, client: Socket, fault: Switch<TcpFault>): Promise<Buffer | null> {
  await released(fault);
  const { value } = fault;
  if (value?.kind === 'reset' && value.at === 'connection') {
    client.resetAndDestroy();
    return null;
  }
  if (value?.kind === 'bandwidth') await sleep((chunk.length / value.bytesPerSecond) * 1000);
  return chunk;
}

async function toClient(chunk: Buffer, client: Socket, fault: Switch<TcpFault>): Promise<Buffer | null> {
  await released(fault);
  const { value } = fault;
  switch (value?.kind) {
    case 'reset':
      client.resetAndDestroy();
      return null;
    case 'half':
      // An end and not a reset, which would take what the client has not read yet.
      client.end(chunk.subarray(0, chunk.length >> 1));
      return null;
    case 'delay':
      await sleep(value.ms);
      return chunk;
    case 'bandwidth':
      await sleep((chunk.length / value.bytesPerSecond) * 1000);
      return chunk;
    default:
      return chunk;
  }
}

async function released(fault: Switch<TcpFault>): Promise<void> {
  while (fault.value?.kind === 'hang') await fault.changed();
}
