import { Duplex } from 'node:stream';
import type { Metadata, ServerInterceptingCallInterface, StatusObject } from '@grpc/grpc-js';
import type { Admission, Hold } from './admission.ts';
import { errorBody } from './answer.ts';
import { type BodyLimits, ENCODINGS, encodingOf, noRoom, readBody, tooLarge } from './inflate.ts';
import { type Refused, type Reply, refused } from './reply.ts';

export type Grpc = typeof import('@grpc/grpc-js');

/** A call on its way in: its bytes are counted from the first one on. */
export interface IncomingCall {
  /** Lets the sender begin; the refusal when there is no room for it. */
  admit(refusalWhenFull: () => Refused | null): Promise<Refused | null>;
  /** Ends the call with a status, unless it has one. */
  refuse(refusal: Refused): void;
  /** The sender will send no more: the refusal when that is no whole message. */
  ended(): Refused | null;
  /** The request is whole: what it takes belongs to the caller now. */
  handOver(): Hold;
  /** The call is over, whoever ended it. */
  close(): void;
}

/** What calls are read with. */
export interface CallParts {
  readonly admission: Admission;
  readonly limits: BodyLimits;
  readonly readTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with each answer before it is sent. */
  onReply(reply: Reply): void;
}

/** Flag and length before each message. */
const HEAD_BYTES = 5;

/** A refusal as gRPC says it; RetryInfo stands in the details. */
export function grpcStatus(grpc: Grpc, refusal: Refused): StatusObject {
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(errorBody('protobuf', refusal)));
  return { code: refusal.grpc, details: refusal.message, metadata };
}

/**
 * Takes over how grpc-js reads a call. On its own it knows neither zstd nor a limit on what all calls take together, says INTERNAL of a
 * body that cannot be inflated, and tells nobody what it refuses. `onBody` gets each message, decompressed, before any handler does.
 * `null` where grpc-js is not built as expected (it is pinned, and a test holds it).
 */
export function incomingCall(
  grpc: Grpc,
  call: ServerInterceptingCallInterface,
  parts: CallParts,
  onBody: (body: Uint8Array) => void,
): IncomingCall | null {
  const stream: unknown = Reflect.get(call, 'stream');
  if (!(stream instanceof Duplex) || typeof Reflect.get(call, 'decompressMessage') !== 'function') return null;
  const { admission, limits, readTimeoutMs, signal, onReply } = parts;
  let hold: Hold | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let hasBody = false;

  const refuse = (refusal: Refused): void => {
    if (isOver) return;
    isOver = true;
    onReply(refusal);
    call.sendStatus(grpcStatus(grpc, refusal));
  };
  const check = messageCheck(limits);
  stream.on('data', (chunk: Buffer) => {
    if (isOver || !hold) return;
    const refusal = check(chunk) ?? (hold.grow(chunk.length) ? null : noRoom());
    if (refusal) refuse(refusal);
  });
  Reflect.set(call, 'decompressMessage', async (message: Buffer, name: string): Promise<Uint8Array> => {
    const body = isOver || !hold ? null : await inflate(message, name, limits, hold);
    if (body instanceof Uint8Array) {
      hasBody = true;
      onBody(body);
      return body;
    }
    if (body) refuse(body);
    // What it rejects with is sent as a status; the call has one already, so this one goes nowhere.
    throw Object.assign(new Error('refused'), { code: grpc.status.CANCELLED, details: '' });
  });

  return {
    async admit(refusalWhenFull) {
      hold = await admission.enter(0, signal);
      if (!hold) return refusalWhenFull() ?? noRoom();
      if (isOver) {
        hold.end();
        return null;
      }
      timer = setTimeout(() => {
        if (isOver) stream.destroy();
        else refuse(refused('too_slow', `the request has not arrived within ${readTimeoutMs} ms (read_timeout)`));
      }, readTimeoutMs);
      return null;
    },
    refuse,
    ended: () => (hasBody || isOver ? null : refused('invalid', 'the call ended before its message was whole')),
    handOver() {
      clearTimeout(timer);
      const own = hold;
      if (!own) throw new Error('a request was read that had not been admitted');
      hold = null;
      return own;
    },
    close() {
      isOver = true;
      clearTimeout(timer);
      hold?.end();
    },
  };
}

/** Looks at the chunks of a call as they come: one message, and not too large a one. */
function messageCheck(limits: BodyLimits): (chunk: Uint8Array) => Refused | null {
  const head = Buffer.alloc(HEAD_BYTES);
  let seen = 0;
  let expected = Number.POSITIVE_INFINITY;
  return (chunk) => {
    if (seen < HEAD_BYTES) head.set(chunk.subarray(0, HEAD_BYTES - seen), seen);
    seen += chunk.length;
    if (seen >= HEAD_BYTES && expected === Number.POSITIVE_INFINITY) {
      const isCompressed = head[0] === 1;
      const length = head.readUInt32BE(1);
      if (length > (isCompressed ? limits.maxCompressedBytes : limits.maxBytes)) return tooLarge(limits, isCompressed);
      expected = HEAD_BYTES + length;
    }
    return seen > expected ? refused('invalid', 'the call has more than one message: Export is unary') : null;
  };
}

/** The message without its head, decompressed; the hold shrinks or grows to what it takes. */
async function inflate(message: Buffer, name: string, limits: BodyLimits, hold: Hold): Promise<Uint8Array | Refused> {
  const content = message.subarray(HEAD_BYTES);
  if (message[0] !== 1) return content;
  const encoding = encodingOf(name);
  if (!encoding)
    return refused('wrong_type', `grpc-encoding ${name.slice(0, 100)} is not known: use one of ${ENCODINGS}`);
  const body = await readBody([content], encoding, limits, hold);
  hold.shrink(message.length);
  return body;
}

/** The `authorization` that a call brings. */
export function authorizationOf(metadata: Metadata): string | undefined {
  const value = metadata.get('authorization')[0];
  return typeof value === 'string' ? value : undefined;
}
