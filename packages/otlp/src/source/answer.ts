import { type Encoding, type OtlpSignal, responseBytes, statusBytes } from '@tailrace/telemetry';
import type { Refused, Reply } from './reply.ts';

/** The body of an answer to what was accepted: an Export…ServiceResponse, with what was left out of it. */
export function responseBody(
  signal: OtlpSignal,
  format: Encoding,
  { rejected, message }: Exclude<Reply, Refused>,
): Uint8Array {
  return responseBytes(signal, { rejected: BigInt(rejected), message }, format);
}

/** The body of a refusal: a google.rpc.Status, with RetryInfo where the sender may come back. */
export function errorBody(format: Encoding, { grpc, message, retryMs }: Refused): Uint8Array {
  return statusBytes({ code: grpc, message, ...(retryMs !== undefined && { retryAfterMs: retryMs }) }, format);
}
