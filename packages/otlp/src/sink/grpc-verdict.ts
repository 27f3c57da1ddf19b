import type { ErrorCode, Verdict } from '@tailrace/core';
import { retryAfter } from '@tailrace/http';
import { type PartialSuccess, readResponse, readStatus } from '@tailrace/telemetry';
import { redirected } from './http-verdict.ts';
import type { GrpcReply, StrangerReply } from './transport.ts';
import { accepted, allRefused, type Judgement, notServed, type Sent, shorten } from './verdict.ts';

/** Status codes of gRPC by number. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

type Name = (typeof NAMES)[number];

/** The codes after which a request may be sent again (OTLP 1.11, “Failures” of OTLP/gRPC). */
const RETRYABLE: Readonly<Partial<Record<Name, ErrorCode>>> = {
  CANCELLED: 'server_error',
  DEADLINE_EXCEEDED: 'server_timeout',
  ABORTED: 'server_error',
  OUT_OF_RANGE: 'server_error',
  UNAVAILABLE: 'server_error',
  DATA_LOSS: 'server_error',
};

/** Reads the end of an export call over gRPC (OTLP 1.11, “OTLP/gRPC Response”). */
export function judgeGrpc(reply: GrpcReply, sent: Sent): Judgement {
  if (reply.code !== 0) return { verdict: failed(reply, sent) };
  return accepted(sent, responseOf(reply, sent));
}

function responseOf({ body, unreadable }: GrpcReply, { signal }: Sent): PartialSuccess {
  if (unreadable !== undefined) return { rejected: 0n, message: `its response cannot be read: ${unreadable}` };
  try {
    return readResponse(signal, body, 'protobuf');
  } catch (error) {
    return { rejected: 0n, message: `its response cannot be read: ${String(error)}` };
  }
}

/** Reads an answer without a status of gRPC. No receiver speaks so, and only the word of a receiver may cost events. */
export function judgeStranger({ status, headers }: StrangerReply, sent: Sent): Verdict {
  const type = headers['content-type'];
  const brings = typeof type === 'string' ? ` with ${shorten(type, 100)} and` : '';
  const message = `status ${status}${brings} without one of gRPC`;
  const afterMs = retryAfter(headers);
  const when = afterMs === undefined ? {} : { afterMs };
  if (status >= 500) return { kind: 'retry', code: 'server_error', message, ...when };
  if (status >= 300 && status < 400) return redirected({ status, headers });
  switch (status) {
    case 401:
      return { kind: 'pause', code: 'unauthorized', message, ...when };
    case 403:
      return { kind: 'pause', code: 'forbidden', message, ...when };
    case 404:
    case 405:
    case 415:
      return notServed(sent, message);
    case 408:
      return { kind: 'retry', code: 'server_timeout', message, ...when };
    case 413:
      return { kind: 'split', code: 'request_too_large', message };
    case 429:
      return { kind: 'retry', code: 'server_busy', message, ...when };
    default:
      return { kind: 'pause', code: 'not_otlp', message };
  }
}

function failed(reply: GrpcReply, sent: Sent): Verdict {
  const name = NAMES[reply.code] ?? 'UNKNOWN';
  const message = reply.message === '' ? name : `${name}: ${shorten(reply.message)}`;
  const afterMs = retryDelay(reply);
  const when = afterMs === undefined ? {} : { afterMs };
  const retryable = RETRYABLE[name];
  if (retryable) return { kind: 'retry', code: retryable, message, ...when };
  switch (name) {
    case 'RESOURCE_EXHAUSTED':
      // Without a time to come back it speaks of this request and not of the target's load.
      if (afterMs === undefined) return { kind: 'split', code: 'request_too_large', message };
      return { kind: 'retry', code: 'server_busy', message, afterMs };
    case 'UNAUTHENTICATED':
      return { kind: 'pause', code: 'unauthorized', message, ...when };
    case 'PERMISSION_DENIED':
      return { kind: 'pause', code: 'forbidden', message, ...when };
    case 'UNIMPLEMENTED':
      return notServed(sent, message);
    case 'INVALID_ARGUMENT':
      return { kind: 'refused', code: 'request_refused', message };
    default:
      return allRefused(sent, { retry: false, code: 'request_refused', message });
  }
}

/** The delay of a google.rpc.RetryInfo in the details of a status, in milliseconds. */
function retryDelay({ details }: GrpcReply): number | undefined {
  if (!details) return undefined;
  try {
    return readStatus(details, 'protobuf').retryAfterMs;
  } catch {
    return undefined;
  }
}
