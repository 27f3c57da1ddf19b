import type { RunNumbers } from '@tailrace/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { statsRecord } from './summary.ts';
import { component, done, numbered, runIn, scriptSink, scriptSource, testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });

it('gives a source the numbers of the whole pipeline, the same as the stats record', async () => {
  const seen: RunNumbers[] = [];
  const before = Date.now();
  const source = scriptSource(async (io, batch, context) => {
    io.ready();
    context.countErrors('line_misfit', 2);
    context.notReady('folder', 'is empty');
    seen.push(context.runNumbers());
    const { settled } = await io.emit(batch(numbered(25)), { bytes: 300, merged: 3 });
    await settled;
    seen.push(context.runNumbers());
  });
  const sink = scriptSink((events) => ({
    kind: 'done',
    refused: events.flatMap(({ n }, index) =>
      n === 7 ? [{ index, retry: false, code: 'document_refused' as const, message: 'no' }] : [],
    ),
  }));
  const summary = await runIn(folder.path, [component('in', source, []), component('out', sink, ['in'])]);
  const [first, last] = seen as [RunNumbers, RunNumbers];
  expect(first.startedAt).toBe(last.startedAt);
  expect(first.startedAt).toBeGreaterThanOrEqual(before);
  expect(first.components.map(({ counts }) => counts['received_events'])).toEqual([0, 0]);
  expect(first.components[0]!.notReady).toEqual(['folder: is empty']);
  expect(last.gauges['checkpoint_age_seconds']).toBeLessThan(30);
  expect(last.counts).toMatchObject({ dead_letters_dropped: 0, config_reloads_applied: 0 });

  const record = statsRecord(summary.components, Date.now()) as {
    components: Record<string, Record<string, unknown>>;
  };
  for (const { id, type, kind, counts, gauges, errors } of last.components) {
    const own = record.components[id]!;
    const { merged_events, dead_lettered_events, received_events, sent_events } = own;
    expect([id, counts]).toEqual([
      id,
      expect.objectContaining({ merged_events, dead_lettered_events, received_events, sent_events }),
    ]);
    expect([id, type, kind]).toEqual([id, own['type'], own['kind']]);
    expect([id, gauges['balance'], gauges['in_flight_events']]).toEqual([id, 0, 0]);
    expect([id, Object.fromEntries(errors.map(({ code, count }) => [code, count]))]).toEqual([id, own['errors']]);
  }
  const [, out] = last.components;
  expect(out!.counts).toMatchObject({ requests: 3, sent_events: 24, dead_lettered_events: 1 });
  expect(out!.gauges).toMatchObject({ buffer_events: 0, buffer_max_bytes: 1_000_000, paused: 0 });
  expect(out!.histograms['request_seconds']!.counts.reduce((sum, count) => sum + count)).toBe(3);
  expect(out!.histograms['request_events']!.sum).toBe(25);
});

it('gives a copy that stands still', async () => {
  let numbers: RunNumbers | undefined;
  const source = scriptSource(async (io, batch, context) => {
    io.ready();
    numbers = context.runNumbers();
    await (await io.emit(batch(numbered(5)), { bytes: 10 })).settled;
  });
  await runIn(folder.path, [
    component('in', source, []),
    component(
      'out',
      scriptSink(() => done),
      ['in'],
    ),
  ]);
  const sink = numbers!.components[1]!;
  expect([sink.counts['received_events'], sink.histograms['request_seconds']!.sum]).toEqual([0, 0]);
});
