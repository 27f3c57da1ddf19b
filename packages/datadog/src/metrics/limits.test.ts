import { gzipSync } from 'node:zlib';
import type { MetricPoint } from '@tailrace/telemetry';
import type { DatadogIntake, TakenMetrics } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { ASSEMBLY, deliveryPlace, newRun } from './delivery.fixture.ts';
import { ago, point } from './points.fixture.ts';

let taken: TakenMetrics;
let intake: DatadogIntake;
let folder: string;
deliveryPlace({ beforeEach, afterEach }, (place) => {
  ({ taken, intake, folder } = place);
});

const PACKED = 512_000;
const PLAIN = 5_242_879;
const EMPTY = '{"series":[]}';

async function post(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<number> {
  const { status } = await fetch(`${intake.url}${path}`, {
    method: 'POST',
    headers: { 'dd-api-key': 'key', 'content-type': 'application/json', ...headers },
    body: Buffer.from(body),
  });
  return status;
}

describe('the stand-in has the limits of the service', () => {
  test.each(['/api/v2/series', '/api/v1/distribution_points'])('%s', async (path) => {
    for (const [more, status] of [
      [-1, 202],
      [0, 202],
      [1, 413],
    ] as const) {
      expect(await post(path, Buffer.from(EMPTY.padEnd(PACKED + more)))).toBe(status);
    }
  });
  test('unpacked', async () => {
    for (const [more, status] of [
      [-1, 202],
      [0, 202],
      [1, 413],
    ] as const) {
      const body = gzipSync(EMPTY.padEnd(PLAIN + more));
      expect(await post('/api/v2/series', body, { 'content-encoding': 'gzip' })).toBe(status);
    }
  });
  test('an encoding that an address does not take', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    expect(await post('/api/v1/distribution_points', gzipSync(EMPTY), gzip)).toBe(400);
    expect(await post('/api/v2/series', Buffer.from(EMPTY), { 'content-encoding': 'zstd' })).toBe(400);
  });
  const now = Math.floor(Date.now() / 1000);
  test.each([
    ['', 400],
    ['[]', 400],
    ['{"series":{}}', 400],
    ['{"series":[{"metric":"1x","points":[]}]}', 400],
    [`{"series":[{"metric":"${'x'.repeat(201)}","points":[]}]}`, 400],
    [`{"series":[{"metric":"${'x'.repeat(200)}","points":[]}]}`, 202],
    ['{"series":[{"metric":"x"}]}', 400],
    ['{"series":[{"metric":"x","type":4,"points":[]}]}', 400],
    ['{"series":[{"metric":"x","points":[],"tags":"a:b"}]}', 400],
    [`{"series":[{"metric":"x","points":[{"timestamp":${now},"value":"1"}]}]}`, 400],
    [`{"series":[{"metric":"x","points":[{"timestamp":${now}.5,"value":1}]}]}`, 400],
    [`{"series":[{"metric":"x","points":[{"timestamp":${now},"value":1}]}]}`, 202],
  ])('%s: %d', async (body, status) => {
    expect(await post('/api/v2/series', Buffer.from(body))).toBe(status);
  });
  test('of time: what is outside is accepted and gone', async () => {
    const offsets = [-3605, -3595, 595, 605];
    const points = offsets.map((offset) => ({ timestamp: Math.floor(Date.now() / 1000) + offset, value: 1 }));
    expect(await post('/api/v2/series', Buffer.from(JSON.stringify({ series: [{ metric: 'x', points }] })))).toBe(202);
    expect(taken.dropped.map(({ timestamp }) => timestamp)).toEqual([points[0]?.timestamp, points[3]?.timestamp]);
  });
});

/** Gauges whose series have exactly so many bytes. */
function gaugesOf(bytes: number): MetricPoint[] {
  const time = ago(5);
  const gauge = (name: string): MetricPoint => point({ kind: 'gauge', value: 1, time, name });
  const size = (points: MetricPoint[]): number => {
    const { text } = assemble(points, 'series', { get: () => undefined, since: 0n }, ASSEMBLY);
    return Buffer.byteLength(text ?? '');
  };
  const name = (k: number): string => `x${String(k).padStart(149, '0')}`;
  const one = size([gauge(name(0)), gauge(name(1))]) - size([gauge(name(0))]);
  const points = Array.from({ length: Math.floor(bytes / one) - 1 }, (_, k) => gauge(name(k)));
  const rest = bytes - size(points) - one;
  const names = rest <= 49 ? [name(-1).padEnd(150 + rest, 'y')] : [name(-1), 'z'.repeat(150 + rest - one)];
  points.push(...names.map(gauge));
  expect(size(points)).toBe(bytes);
  return points;
}

describe('the sink keeps to them before it sends', () => {
  test.each([
    ['packed', 'none', PACKED],
    ['unpacked', 'gzip', PLAIN],
    ['unpacked', 'zstd', PLAIN],
  ])(
    '%s, with compression %s: at the limit and one below it is sent, one more is halved',
    async (_, compression, limit) => {
      const run = newRun(intake.url, folder, { compression });
      for (const more of [-1, 0]) {
        expect(await run.send(...gaugesOf(limit + more))).toEqual({ kind: 'done', refused: [] });
      }
      expect(await run.send(...gaugesOf(limit + 1))).toMatchObject({ kind: 'split', code: 'request_too_large' });
      expect(intake.requests.map(({ status }) => status)).toEqual([202, 202]);
      expect(intake.requests.at(-1)?.headers['content-encoding']).toBe(
        { none: undefined, gzip: 'gzip', zstd: 'zstd1' }[compression],
      );
    },
  );
});
