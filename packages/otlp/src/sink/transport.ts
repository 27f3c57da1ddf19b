import type { Signal } from '@tailrace/core';
import type { HttpAnswer, NoAnswer } from '@tailrace/http';

/** An answer over HTTP. */
export type HttpReply = Pick<HttpAnswer, 'status' | 'headers' | 'body' | 'unreadable'> & { readonly kind: 'http' };

/** The end of a gRPC call. */
export interface GrpcReply {
  readonly kind: 'grpc';
  /** Status code as gRPC numbers them. */
  readonly code: number;
  readonly message: string;
  /** The response of a call that ended with OK. */
  readonly body: Uint8Array;
  /** Why there is no such response although the call was answered. */
  readonly unreadable?: string;
  /** A google.rpc.Status, where the target sent one (`grpc-status-details-bin`). */
  readonly details: Uint8Array | undefined;
}

/** An answer to a gRPC call by something that does not speak gRPC: a proxy before the target, or a web server. */
export interface StrangerReply {
  readonly kind: 'stranger';
  /** That of HTTP. */
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

export type Reply = HttpReply | GrpcReply | StrangerReply | NoAnswer;

/** Carries requests to the target; whatever becomes of one is a value. */
export interface Transport {
  /** Sends the body of an export request as it is, packed by the transport. */
  send(signal: Signal, body: Uint8Array, stop: AbortSignal): Promise<Reply>;
  close(): void;
}
