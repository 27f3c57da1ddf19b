import { LogBatch } from '@tailrace/core';
import { sourceContext } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { decoder, freshStream } from './decode.ts';

const DAY = 86_400;

test('an event without a time of its own is indexed by when it came, not by when the source began', () => {
  const { context } = sourceContext();
  const stream = { ...freshStream('in'), firstSeen: 1_000 * DAY };
  let seconds = 1_000 * DAY;
  const decode = decoder({ context, maxEventBytes: 1000, stream, now: () => ({ seconds, nanos: 0 }) });
  const logRecords = [{ timeUnixNano: '5000000000' }, { observedTimeUnixNano: '6000000000' }, {}];
  const body = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
  const indexed = () => {
    const { batch } = decode('logs', 'json', body);
    if (!(batch instanceof LogBatch)) throw new TypeError('no log batch');
    return Array.from(logRecords, (_, i) => batch.indexSeconds(i));
  };
  expect(indexed()).toEqual([5, seconds, seconds]);
  seconds += 30 * DAY;
  expect(indexed()).toEqual([5, seconds, seconds]);
});
