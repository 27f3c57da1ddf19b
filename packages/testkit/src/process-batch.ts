import type { LogBatch, Transform } from '@tailrace/core';

/** What a transform makes of a batch at once; one that holds events back keeps them until it is flushed. */
export function processBatch(transform: Transform, batch: LogBatch): LogBatch[] {
  if (typeof transform === 'function') {
    const made = transform(batch);
    return Array.isArray(made) ? [...(made as readonly LogBatch[])] : [made as LogBatch];
  }
  const outputs: LogBatch[] = [];
  transform.process(batch, (made) => outputs.push(made as LogBatch));
  return outputs;
}
