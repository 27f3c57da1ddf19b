import type { ComponentNumbers } from '@tailrace/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Reading, statsEvents } from './records.ts';

const START = Date.parse('2026-11-20T10:00:00Z');
const sink: ComponentNumbers = {
  id: 'search',
  type: 'elasticsearch',
  kind: 'sink',
  counts: { received_events: 100, sent_events: 90, retries: 3 },
  gauges: { buffer_bytes: 25, buffer_max_bytes: 100, in_flight_events: 2 },
  histograms: { request_seconds: { bounds: [1, 2], counts: [4, 0, 0], sum: 2 } },
  discarded: [{ reason: 'filter', intentional: true, count: 5 }],
  errors: [{ code: 'server_busy', count: 3 }],
  notReady: [],
};

function reading(seconds: number, change: Partial<ComponentNumbers> = {}, startedAt = START): Reading {
  return {
    at: startedAt + seconds * 1000,
    run: {
      startedAt,
      version: '1.2.3',
      counts: { config_reloads_applied: 1 },
      gauges: { checkpoint_age_seconds: 0.5 },
      components: [{ ...sink, ...change }],
    },
    process: { resident_memory_bytes: 9, heap_used_bytes: 8, cpu_seconds: seconds / 4, event_loop_delay_seconds: 0.02 },
  };
}

test('the first reading speaks of all since the start', () => {
  const head = { '@timestamp': '2026-11-20T10:01:00.000Z', hostname: 'node-1' };
  const names = { component_id: 'search', component_type: 'elasticsearch', component_kind: 'sink' };
  expect(statsEvents(reading(60), undefined, 'node-1')).toEqual([
    {
      ...head,
      ...{
        record: 'process',
        level: 'info',
        message: 'tailrace 1.2.3, 1 components, 60 s',
        version: '1.2.3',
        interval_seconds: 60,
        uptime_seconds: 60,
        ready: 1,
      },
      ...{ checkpoint_age_seconds: 0.5, resident_memory_bytes: 9, heap_used_bytes: 8, event_loop_delay_seconds: 0.02 },
      ...{ cpu_ratio: 0.25, config_reloads_applied: 1 },
      delta: { config_reloads_applied: 1, cpu_seconds: 15 },
    },
    {
      ...{ ...head, record: 'component', ...names, interval_seconds: 60, ready: 1 },
      ...{ level: 'info', message: 'search: 100 events in, 90 out in 60 s' },
      ...{
        received_events: 100,
        sent_events: 90,
        retries: 3,
        buffer_bytes: 25,
        buffer_max_bytes: 100,
        in_flight_events: 2,
      },
      buffer_used_ratio: 0.25,
      request_seconds: { p50: 0.5, p95: 0.95, p99: 0.99, mean: 0.5 },
      delta: { received_events: 100, sent_events: 90, retries: 3 },
    },
    {
      ...{ ...head, record: 'errors', level: 'error', message: 'search: server_busy, 3 times', ...names },
      ...{ code: 'server_busy', errors: 3, delta: { errors: 3 } },
    },
    {
      ...{ ...head, record: 'discards', level: 'info', message: 'search: 5 events discarded: filter', ...names },
      ...{ reason: 'filter', intentional: true, discarded_events: 5 },
      delta: { discarded_events: 5 },
    },
  ]);
});

test('the next one speaks of what came since, and says nothing of codes and percentiles that did not come up', () => {
  const next = reading(90, {
    counts: { received_events: 130, sent_events: 130, retries: 3 },
    notReady: ['target: is away'],
  });
  const events = statsEvents(next, reading(60), 'node-1') as Record<string, unknown>[];
  expect(events.map((event) => event['record'])).toEqual(['process', 'component']);
  const [all, component] = events;
  expect(all).toMatchObject({ interval_seconds: 30, uptime_seconds: 90, ready: 0, delta: { cpu_seconds: 7.5 } });
  expect(component).toMatchObject({
    ...{ interval_seconds: 30, ready: 0, not_ready: ['target: is away'], received_events: 130 },
    ...{ level: 'warn', message: 'search: 30 events in, 40 out in 30 s; target: is away' },
    delta: { received_events: 30, retries: 0 },
  });
  expect(component).not.toHaveProperty('request_seconds');
});

test('counts of another process, or of a component that began anew, count in full', () => {
  const other = statsEvents(reading(10, {}, START + 1_000_000), reading(600), 'a') as Record<string, unknown>[];
  expect(other[1]).toMatchObject({ interval_seconds: 10, delta: { received_events: 100 } });
  const anew = statsEvents(reading(90, { counts: { received_events: 7 } }), reading(60), 'a') as Record<
    string,
    unknown
  >[];
  expect(anew[1]).toMatchObject({ delta: { received_events: 7 } });
});

test('the sum of all deltas is the count at the end', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 }), (steps) => {
      let [total, sum] = [0, 0];
      let before: Reading | undefined;
      for (const [k, step] of steps.entries()) {
        total += step;
        const now = reading(k + 1, {
          counts: { received_events: total },
          errors: [{ code: 'server_busy', count: total }],
        });
        for (const event of statsEvents(now, before, 'a') as { delta: Record<string, number> }[])
          sum += (event.delta['received_events'] ?? 0) + (event.delta['errors'] ?? 0);
        before = now;
      }
      expect(sum).toBe(2 * total);
    }),
    { numRuns: 100 },
  );
});
