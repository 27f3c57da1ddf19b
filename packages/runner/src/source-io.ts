import { type Batch, type SourceIo, settleRange } from '@tailrace/core';
import type { DeadLetters } from './dead-letters.ts';
import type { SourceNode } from './graph-nodes.ts';
import { type Readiness, STARTING } from './readiness.ts';
import { untilAborted } from './sink/backoff.ts';
import type { Checkpoints } from './state/checkpoints.ts';
import { countErrors } from './stats.ts';

/** What a running source works with. */
export interface SourceParts {
  readonly once: boolean;
  readonly signal: AbortSignal;
  readonly ready: Readiness;
  readonly checkpoints: Pick<Checkpoints, 'of'>;
  readonly deadLetters: DeadLetters;
  /** The source says that it will emit nothing more. */
  inputEnded(): void;
}

/** The runner as a source sees it. */
export function sourceIo(node: SourceNode, parts: SourceParts): SourceIo {
  const { stats, component } = node;
  const { signal, ready, deadLetters } = parts;
  let isEnded = false;
  return {
    signal,
    once: parts.once,
    reads: (signal) => node.reads(signal),
    checkpoints: parts.checkpoints.of(component.id),
    ready: () => ready.set(component.id, STARTING, null),
    inputEnded() {
      isEnded = true;
      parts.inputEnded();
    },
    async emit(batch, { bytes, merged = 0 }) {
      if (signal.aborted) throw new Error(`${component.id} emitted after it was told to stop`);
      if (isEnded) throw new Error(`${component.id} emitted after it said that its input had ended`);
      const { settled } = batch.lineage.tickets[0]!;
      for (let held = node.held(); held; held = node.held()) await held;
      stats.received += batch.length + merged;
      stats.receivedBytes += bytes;
      stats.merged += merged;
      const waits = node.push(withoutRejected(batch, node, deadLetters));
      if (waits.length > 0) await untilAborted(Promise.all(waits), signal);
      return { settled };
    },
  };
}

/** Dead-letters what the source refused and books the rest as sent. */
function withoutRejected(batch: Batch, node: SourceNode, deadLetters: DeadLetters): Batch {
  const { stats, rejections } = node;
  const refused = rejections.get(batch);
  if (!refused) {
    stats.sent += batch.length;
    return batch;
  }
  const out = new Set<number>();
  for (const { indices, code, message } of refused) {
    countErrors(stats, code, indices.length);
    for (const index of Array.from(indices)) {
      if (out.has(index)) continue;
      out.add(index);
      stats.inFlight++;
      deadLetters.add({ component: stats.id, code, message, batch, index }, (durable) => {
        stats.inFlight--;
        if (durable) stats.deadLettered++;
        else stats.returned++;
        settleRange(batch.lineage, index, index + 1, durable ? 'dead_lettered' : 'errored');
      });
    }
  }
  const rest = Array.from({ length: batch.length }, (_, i) => i).filter((i) => !out.has(i));
  stats.sent += rest.length;
  return batch.select(rest).fork();
}
