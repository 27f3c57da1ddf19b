import type { ErrorCode } from '@tailrace/core';

/** The numbers of gRPC's status codes that the source answers with (google.rpc.Code). */
const GRPC = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface RefusalKind {
  readonly http: number;
  readonly grpc: number;
  /** What it is counted under. */
  readonly code: ErrorCode;
  /** After which time the sender may come back, in milliseconds; without it the sender must not, unless the status itself allows it. */
  readonly retryMs?: number;
}

/**
 * Why a request is refused, and how each protocol says so. Of these statuses a sender repeats 429, 503, UNAVAILABLE, DEADLINE_EXCEEDED
 * and RESOURCE_EXHAUSTED with RetryInfo (OTLP 1.11, "Failures").
 */
const REFUSALS = {
  unauthorized: { http: 401, grpc: GRPC.unauthenticated, code: 'request_unauthorized' },
  unknown_path: { http: 404, grpc: GRPC.unimplemented, code: 'request_unsupported' },
  not_read: { http: 404, grpc: GRPC.unimplemented, code: 'request_unsupported' },
  wrong_method: { http: 405, grpc: GRPC.unimplemented, code: 'request_unsupported' },
  wrong_type: { http: 415, grpc: GRPC.unimplemented, code: 'request_unsupported' },
  invalid: { http: 400, grpc: GRPC.invalidArgument, code: 'request_invalid' },
  too_large: { http: 413, grpc: GRPC.resourceExhausted, code: 'request_oversize' },
  too_slow: { http: 408, grpc: GRPC.deadlineExceeded, code: 'request_invalid' },
  full: { http: 429, grpc: GRPC.resourceExhausted, code: 'source_full', retryMs: 1000 },
  not_settled: { http: 503, grpc: GRPC.unavailable, code: 'ack_timeout', retryMs: 1000 },
  stopping: { http: 503, grpc: GRPC.unavailable, code: 'source_stopping', retryMs: 1000 },
  failed: { http: 500, grpc: GRPC.internal, code: 'source_threw' },
} as const satisfies Record<string, RefusalKind>;

/** The reason of a refusal. */
export type RefusalReason = keyof typeof REFUSALS;

/** A request that was not accepted, or of which nobody can say whether it was. */
export interface Refused extends RefusalKind {
  readonly reason: RefusalReason;
  /** What, why and what to do, for a person at the sender's side. */
  readonly message: string;
}

/** What a request is answered with. `accepted`: all its records are safe, but the `rejected` ones, of which `message` tells. */
export type Reply = { readonly reason: 'accepted'; readonly rejected: number; readonly message: string } | Refused;

/** A refusal with its statuses. */
export function refused(reason: RefusalReason, message: string): Refused {
  return { reason, message, ...REFUSALS[reason] };
}
