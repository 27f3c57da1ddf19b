import type { Batch, Outcome, SourceContext, SourceIo } from '@tailrace/core';
import { type Encoding, OtlpError, type OtlpSignal } from '@tailrace/telemetry';
import type { Admission, Hold } from './admission.ts';
import type { Decoder } from './decode.ts';
import { type Refused, type Reply, refused } from './reply.ts';
import { within } from './within.ts';

/** A request that has arrived whole. */
export interface Arrived {
  readonly signal: OtlpSignal;
  readonly format: Encoding;
  /** Decompressed. */
  readonly body: Uint8Array;
  readonly hold: Hold;
}

/** What both listeners give their requests to. */
export interface Intake {
  /** Why no request of this signal is taken now; `null` when it is. */
  refusal(signal: OtlpSignal): Refused | null;
  /** Puts the records of a request into the pipeline and waits for what becomes of them; ends the hold when they have settled. */
  take(arrived: Arrived): Promise<Reply>;
  /** Resolves when all that was put in has settled. */
  settled(): Promise<void>;
}

/** What an intake works with. */
export interface IntakeParts {
  readonly io: SourceIo;
  readonly context: SourceContext;
  readonly admission: Admission;
  readonly decode: Decoder;
  readonly ackTimeoutMs: number;
}

/** The refusal of what comes while the source stops. */
function stopping(): Refused {
  return refused('stopping', 'this collector is stopping: send it again, to its successor');
}

/** The intake of a running source. */
export function intake({ io, context, admission, decode, ackTimeoutMs }: IntakeParts): Intake {
  const underWay = new Set<Promise<unknown>>();

  /** Emits a batch; resolves with the worst outcome of its events. */
  const emit = (batch: Batch, bytes: number, hold: Hold): Promise<Outcome> => {
    const emitting = io.emit(batch, { bytes });
    admission.blockWhile(emitting);
    const outcome = emitting.then(({ settled }) => settled);
    const ended = outcome
      .catch(() => undefined)
      .then(() => {
        hold.end();
        underWay.delete(ended);
      });
    underWay.add(ended);
    return outcome;
  };

  return {
    refusal(signal) {
      if (io.signal.aborted) return stopping();
      if (io.reads(signal)) return null;
      return refused(
        'not_read',
        `no component reads the ${signal} of the source ${context.componentId}: do not send them here`,
      );
    },
    async take({ signal, format, body, hold }) {
      let decoded: ReturnType<Decoder>;
      try {
        decoded = decode(signal, format, body);
      } catch (error) {
        hold.end();
        if (error instanceof OtlpError) return refused('invalid', `no request of ${signal}: ${error.message}`);
        throw error;
      }
      const { batch, oversize, message } = decoded;
      if (oversize > 0) context.countErrors('record_oversize', oversize);
      if (!batch || io.signal.aborted) {
        hold.end();
        return batch ? stopping() : { reason: 'accepted', rejected: oversize, message };
      }
      const outcome = await within(emit(batch, body.length, hold), ackTimeoutMs);
      if (outcome === undefined) return notInTime(ackTimeoutMs);
      if (outcome === 'errored') return stopping();
      return { reason: 'accepted', rejected: oversize, message };
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function notInTime(milliseconds: number): Refused {
  const message = `not every sink has taken the request within ${milliseconds} ms (ack_timeout), nor has a queue on the disk: send it again`;
  return refused('not_settled', message);
}
