import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

interface OwnEvent {
  readonly record: string;
  readonly component_id: string;
  readonly received_events: number;
  readonly discarded_events: number;
  readonly balance: number;
  readonly delta: Readonly<Record<string, number>>;
}

/** Lines that come without end, most of them let go, and the pipeline's numbers of all that, its own events included. */
function pipeline(interval: string): string {
  return JSON.stringify({
    metrics: { enabled: false },
    data_dir: 'data',
    sources: {
      lines: { type: 'generate', template: '{"n":{{seq}}}', rate: 300 },
      numbers: { type: 'internal_stats', interval },
    },
    transforms: { few: { type: 'filter', inputs: 'lines', condition: 'n % 10 == 0' } },
    sinks: {
      kept: { type: 'file', inputs: 'few', path: 'kept.ndjson' },
      own: { type: 'file', inputs: 'numbers', path: 'own.ndjson' },
    },
  });
}

test('the deltas of internal_stats add up to its counts, over a reload that replaces it, and nothing feeds itself', async () => {
  const running = await startTailrace(['run', 'pipeline.yaml'], { files: { 'pipeline.yaml': pipeline('1s') } });
  const events = (): OwnEvent[] => {
    const text = readFileSync(join(running.folder, 'own.ndjson'), { encoding: 'utf8', flag: 'a+' });
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as OwnEvent);
  };
  const readings = () => events().filter(({ record }) => record === 'process').length;
  await expect.poll(readings, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  writeFileSync(join(running.folder, 'pipeline.yaml'), pipeline('1500ms'));
  running.signal('SIGHUP');
  await running.line('the changed pipeline runs');
  const before = readings();
  await expect.poll(readings, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 2);
  running.signal('SIGTERM');
  const end = await running.exit();
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr + end.stdout).not.toContain('the ledger is off');

  const components = events().filter(({ record }) => record === 'component');
  for (const id of ['lines', 'numbers', 'few', 'kept', 'own']) {
    const own = components.filter((event) => event.component_id === id);
    const sum = own.reduce((total, { delta }) => total + delta['received_events']!, 0);
    expect([id, sum]).toEqual([id, own.at(-1)!.received_events]);
    expect(own.every(({ balance }) => balance === 0)).toBe(true);
  }
  const discards = events().filter(({ record }) => record === 'discards');
  const discarded = discards.reduce((total, { delta }) => total + delta['discarded_events']!, 0);
  expect(discarded).toBe(discards.at(-1)!.discarded_events);
  expect(discarded).toBeGreaterThan(500);
  // A reading is one event of the process, of each component and of the one discard, whatever is sent of it.
  expect(events()).toHaveLength(readings() * 7);
}, 60_000);
