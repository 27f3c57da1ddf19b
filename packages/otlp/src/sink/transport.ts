import type { Signal } from '@tailrace/core';

/** An answer over HTTP; `headers` have lower-case names. */
export interface HttpReply {
  readonly kind: 'http';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** The end of a gRPC call. */
export interface GrpcReply {
  readonly kind: 'grpc';
  /** Status code as gRPC numbers them. */
  readonly code: number;
  readonly message: string;
  /** The response of a call that ended with OK. */
  readonly body: Uint8Array;
  /** A google.rpc.Status, where the target sent one (`grpc-status-details-bin`). */
  readonly details: Uint8Array | undefined;
}

/** Why there is no answer. */
export interface NoReply {
  readonly kind: 'none';
  readonly cause: 'refused' | 'tls' | 'aborted';
  readonly message: string;
}

export type Reply = HttpReply | GrpcReply | NoReply;

/** Carries requests to the target; whatever becomes of one is a value. */
export interface Transport {
  /** Sends the body of an export request as it is, packed by the transport. */
  send(signal: Signal, body: Uint8Array, stop: AbortSignal): Promise<Reply>;
  close(): void;
}

const TLS =
  /certificate|\bSSL\b|\bTLS\b|\bCERT_|altnames|self.signed|unable to (?:get|verify)|handshake|wrong version|EPROTO/i;

/** What a failed connection or call says, in one line that is the same each time. */
export function brokenOff(error: Error): NoReply {
  const message = messageOf(error)
    .replace(/^.*\berror:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s, 'TLS: $1')
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return { kind: 'none', cause: TLS.test(message) ? 'tls' : 'refused', message };
}

/** A name with several addresses fails once for each of them. */
function messageOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message === '' ? error.name : error.message;
  return [...new Set(error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))))].join(
    ', ',
  );
}

/** The runner's time for the request is over, or it stops. */
export const ABORTED: NoReply = { kind: 'none', cause: 'aborted', message: 'no answer in time' };
