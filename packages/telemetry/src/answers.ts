import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { decodeMessage, type Message } from './decode.ts';
import { OtlpError } from './error.ts';
import { type MessageName, tableOf } from './tables.ts';
import type { Encoding, OtlpSignal, PartialSuccess, RpcStatus } from './types.ts';

const RESPONSES = {
  logs: 'collector.logs.ExportLogsServiceResponse',
  metrics: 'collector.metrics.ExportMetricsServiceResponse',
  traces: 'collector.trace.ExportTraceServiceResponse',
} as const satisfies Record<OtlpSignal, MessageName>;

const REJECTED = { logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints', traces: 'rejectedSpans' } as const;

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** The body of an Export…ServiceResponse (OTLP 1.11, “Partial Success”); nothing rejected and no message is full success. */
export function responseBytes(
  signal: OtlpSignal,
  { rejected, message }: PartialSuccess,
  encoding: Encoding = 'protobuf',
): Uint8Array {
  const isPartial = rejected !== 0n || message !== '';
  if (encoding === 'json') {
    const partial = {
      ...(rejected !== 0n && { [REJECTED[signal]]: String(rejected) }),
      ...(message !== '' && { errorMessage: message }),
    };
    return jsonBytes(isPartial ? { partialSuccess: partial } : {});
  }
  const writer = new BinaryWriter();
  if (!isPartial) return writer.finish();
  writer.tag(1, 2).fork();
  if (rejected !== 0n) writer.tag(1, 0).int64(rejected);
  if (message !== '') writer.tag(2, 2).string(message);
  return writer.join().finish();
}

/** What the body of an answer says was not taken; throws an {@link OtlpError} when it is no Export…ServiceResponse. */
export function readResponse(signal: OtlpSignal, body: Uint8Array, encoding: Encoding = 'protobuf'): PartialSuccess {
  const response = encoding === 'json' ? parseObject(body) : decodeMessage(tableOf(RESPONSES[signal]), body);
  const partial = response['partialSuccess'];
  if (partial === undefined || partial === null) return { rejected: 0n, message: '' };
  if (typeof partial !== 'object') throw new OtlpError('partialSuccess is no object', 0);
  const { [REJECTED[signal]]: rejected = 0n, errorMessage = '' } = partial as Record<string, unknown>;
  return { rejected: BigInt(wholeNumber(rejected, REJECTED[signal])), message: textOf(errorMessage, 'errorMessage') };
}

/** The body of a google.rpc.Status, with a RetryInfo for `retryAfterMs` (https://github.com/googleapis/googleapis, google/rpc). */
export function statusBytes({ code, message, retryAfterMs }: RpcStatus, encoding: Encoding = 'protobuf'): Uint8Array {
  if (encoding === 'json') {
    const details = [{ '@type': RETRY_INFO, retryDelay: `${(retryAfterMs ?? 0) / 1000}s` }];
    return jsonBytes({ code, message, ...(retryAfterMs !== undefined && { details }) });
  }
  const writer = new BinaryWriter();
  if (code !== 0) writer.tag(1, 0).int32(code);
  if (message !== '') writer.tag(2, 2).string(message);
  if (retryAfterMs !== undefined) {
    const seconds = Math.floor(retryAfterMs / 1000);
    const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6);
    writer.tag(3, 2).fork().tag(1, 2).string(RETRY_INFO);
    writer.tag(2, 2).fork().tag(1, 2).fork();
    if (seconds !== 0) writer.tag(1, 0).int64(seconds);
    if (nanos !== 0) writer.tag(2, 0).int32(nanos);
    writer.join().join().join();
  }
  return writer.finish();
}

/** What a google.rpc.Status says; throws an {@link OtlpError} when the body is none. Details other than RetryInfo are passed over. */
export function readStatus(body: Uint8Array, encoding: Encoding = 'protobuf'): RpcStatus {
  const status = encoding === 'json' ? parseObject(body) : decodeMessage(tableOf('google.rpc.Status'), body);
  const { code = 0, message = '', details } = status;
  const list = Array.isArray(details) ? details : [];
  const delays = list.map((detail) => (encoding === 'json' ? jsonDelay(detail) : protobufDelay(detail as Message)));
  const retryAfterMs = delays.find((delay) => delay !== undefined);
  return {
    code: Number(wholeNumber(code, 'code')),
    message: textOf(message, 'message'),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Milliseconds of a RetryInfo; a wait that has none of its own is 0, a negative one too. */
function protobufDelay({ typeUrl, value }: Message): number | undefined {
  if (typeUrl !== RETRY_INFO) return undefined;
  const info = decodeMessage(tableOf('google.rpc.RetryInfo'), value instanceof Uint8Array ? value : new Uint8Array());
  const { seconds = 0n, nanos = 0 } = (info['retryDelay'] ?? {}) as Message;
  return Math.max(0, Math.round(Number(seconds) * 1000 + Number(nanos) / 1e6));
}

function jsonDelay(detail: unknown): number | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined;
  const { '@type': type, retryDelay } = detail as Record<string, unknown>;
  if (type !== RETRY_INFO || typeof retryDelay !== 'string') return undefined;
  const seconds = /^(-?\d{1,15}(?:\.\d{1,9})?)s$/.exec(retryDelay)?.[1];
  return seconds === undefined ? undefined : Math.max(0, Math.round(Number(seconds) * 1000));
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new OtlpError(`the body is no JSON: ${(error as Error).message}`, 0);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OtlpError('the body is no JSON object', 0);
  }
  return value as Record<string, unknown>;
}

/** An integer, as a number or as decimal text: OTLP/JSON has both. */
function wholeNumber(value: unknown, name: string): bigint | number | string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value as bigint | number;
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return value;
  throw new OtlpError(`${name} is no integer`, 0);
}

function textOf(value: unknown, name: string): string {
  if (value === null) return '';
  if (typeof value !== 'string') throw new OtlpError(`${name} is no text`, 0);
  return value;
}

function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
