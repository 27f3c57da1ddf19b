import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { brokenOff, type NoAnswer } from '@tailrace/http';
import type { GrpcReply, StrangerReply } from './transport.ts';

/**
 * OTLP 1.11 lets responses have 4 MiB. Of a longer one the library says the same as a server that is made with it says of a long request;
 * so this is a limit that no server has.
 */
export const MAX_RESPONSE_BYTES = 64 * 1024 ** 2 - 1;

const OK = 0;
const UNAVAILABLE = 14;

// The status of a call that failed may be the library's own; these are its words then.
const NO_CONNECTION = /^(?:No connection established|Name resolution failed|Channel closed)/;
const BROKEN_OFF =
  /^(?:Connection dropped|Received RST_STREAM|Stream refused|Bandwidth exhausted|The pending stream|Write (?:error|failed)|(?:read|write|connect) E)/;
const HTTP_STATUS = /^Received HTTP status code (\d+)$/;
/** The HTTP status was 200, but no status of gRPC followed, or the beginning of a page was taken for the length of a message. */
const NO_STATUS = new RegExp(`\\(Call ended without gRPC status\\)$|^Received message .* ${MAX_RESPONSE_BYTES}\\)?$`);
/** The target did what it was asked for. */
const NO_RESPONSE = /^(?:Failed to decompress (?:gzip|deflate)-encoded message|No message received)$/;

/** What came of a call that the library calls failed; `headers` are those of the answer, as far as there was one. */
export function readFailure(
  { code, details, metadata }: ServiceError,
  headers: Readonly<Record<string, unknown>>,
): GrpcReply | StrangerReply | NoAnswer {
  // So it ends where a response is packed in a way that the library does not know.
  if (code === undefined) return unreadable('it is packed in an unknown way');
  if (NO_RESPONSE.test(details)) return unreadable(details);
  if (code === UNAVAILABLE && NO_CONNECTION.test(details)) {
    const last = /Last error: (?:Error: )?(.*?)\.? Resolution note/s.exec(details);
    return brokenOff(new Error(last?.[1] ?? details));
  }
  const http = HTTP_STATUS.exec(details);
  if (http) return { kind: 'stranger', status: Number(http[1]), headers };
  const isGrpc = String(headers['content-type']).startsWith('application/grpc');
  if (!isGrpc && NO_STATUS.test(details)) return { kind: 'stranger', status: 200, headers };
  if (BROKEN_OFF.test(details) || NO_STATUS.test(details)) return brokenOff(new Error(details));
  return { kind: 'grpc', code, message: details, body: new Uint8Array(), details: statusOf(metadata) };
}

function unreadable(why: string): GrpcReply {
  return { kind: 'grpc', code: OK, message: '', body: new Uint8Array(), unreadable: why, details: undefined };
}

function statusOf(metadata: Metadata): Uint8Array | undefined {
  const [status] = metadata.get('grpc-status-details-bin');
  return status instanceof Uint8Array ? status : undefined;
}
