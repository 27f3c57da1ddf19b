import { describe, expect, test } from 'vitest';
import { log } from './encode.fixture.ts';

describe('ids of a trace', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c';
  const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
  const ids = (event: object, options: object = {}) => {
    const sent = log(event, options);
    return [sent['dd.trace_id'], sent['dd.span_id']];
  };

  test('come from a traceparent, which stays', () => {
    expect(ids({ traceparent: PARENT })).toEqual(['9532127138774266268', '13235353014750950193']);
    expect(ids({ fields: { traceparent: PARENT } })).toEqual(['9532127138774266268', '13235353014750950193']);
    // Where a log that came in over OTLP has it.
    expect(ids({ attributes: { traceparent: PARENT } })).toEqual(['9532127138774266268', '13235353014750950193']);
    expect(log({ traceparent: PARENT })['traceparent']).toBe(PARENT);
  });

  test('can be hexadecimal', () => {
    expect(ids({ trace_id: TRACE.toUpperCase() }, { trace: { form: 'hex' } })).toEqual([TRACE, undefined]);
    expect(ids({ trace_id: '8448eb211c80319c' }, { trace: { form: 'hex' } })).toEqual([
      `${'0'.repeat(16)}8448eb211c80319c`,
      undefined,
    ]);
  });

  test.each([
    { trace_id: '0'.repeat(32) },
    { trace_id: 'xyz' },
    { trace_id: 5 },
    { traceparent: `ff-${TRACE}-b7ad6b7169203331-01` },
    { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` },
    { traceparent: '' },
  ])('are left out for %j', (event) => expect(ids(event)).toEqual([undefined, undefined]));

  test('that stand in the event as Datadog’s own are left alone', () => {
    expect(ids({ 'dd.trace_id': '1', traceparent: PARENT })).toEqual(['1', undefined]);
    expect(log({ dd: { trace_id: '1' }, traceparent: PARENT })).not.toHaveProperty(['dd.trace_id']);
  });
});
