import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recount } from './mirrord/recount.ts';
import {
  answersAsJson,
  type MirrordOptions,
  mirrordAnswers,
  mirrordEvents,
  mirrordLines,
  mirrordPresets,
  mirrordRun,
  OLD_MESSAGE_NAMES,
} from './mirrord.ts';

const FORMATS = ['docker', 'cri', 'plain'] as const;
const read = (options: MirrordOptions) => Buffer.concat([...mirrordLines(options)]);
const golden = (name: string) => readFileSync(new URL(`./golden/${name}`, import.meta.url));

describe('the same options give the same bytes', () => {
  test.each(FORMATS)('%s equals the golden file', (format) => {
    const bytes = read({ lines: 60, seed: 'golden', format, largeBytes: 1500, cutBytes: 1024, shares: GOLDEN_SHARES });
    // As latin1, because a CRI line may end within a letter. A wanted change is written to the file from `bytes`.
    expect(bytes.toString('latin1')).toBe(golden(`mirrord-${format}.log`).toString('latin1'));
  });

  test('over many chunks, and another seed gives others', () => {
    const digest = (seed: number) =>
      createHash('sha256')
        .update(read({ lines: 3000, seed }))
        .digest('hex');
    expect(digest(7)).toBe(digest(7));
    expect(digest(7)).not.toBe(digest(8));
  });

  test('more lines begin with the same lines', () => {
    const few = read({ lines: 500, format: 'plain' }).toString();
    expect(read({ lines: 900, format: 'plain' }).toString().startsWith(few)).toBe(true);
  });
});

const GOLDEN_SHARES = { nonJson: 0.1, large: 0.06, unknown: 0.1, operator: 0.2, spans: 0.5 };

const CANONICAL = Object.fromEntries(Object.entries(OLD_MESSAGE_NAMES).map(([name, old]) => [old, name]));

describe('the answers equal an independent recount', () => {
  test.each(FORMATS)('%s', (format) => {
    const options: MirrordOptions = {
      lines: 6000,
      seed: `recount ${format}`,
      format,
      shares: { large: 0.02, nonJson: 0.04 },
    };
    const run = mirrordRun(options);
    const found = recount(format, Buffer.concat([...run.chunks]), CANONICAL);
    const told = run.answers();

    expect(told.events).toBe(6000);
    expect(found.events).toBe(6000);
    expect(told).toMatchObject({
      physicalLines: found.physicalLines,
      partialLines: found.partialLines,
      nonJson: found.nonJson,
      httpFilters: found.httpFilters,
      scaledDown: { yes: found.counts.scaleDown['true'], no: found.counts.scaleDown['false'] },
    });
    if (format !== 'plain') expect(told.partialLines).toBeGreaterThan(50);
    if (format !== 'plain') expect(Object.fromEntries(told.byStream)).toEqual(found.counts.stream);
    expect(Object.fromEntries(told.byMessage)).toEqual(found.counts.message);
    expect(Object.fromEntries(told.byLevel)).toEqual(found.counts.level);
    expect(Object.fromEntries(told.byPort)).toEqual(found.counts.port);
    expect(Object.fromEntries(told.byTargetType)).toEqual(found.counts.targetType);
    expect(Object.fromEntries(told.byCliVersion)).toEqual(found.counts.cliVersion);
    expect(told.clientIds).toEqual(found.distinct.client_id);
    expect(told.clientUsers).toEqual(found.distinct.client_user);
    expect(told.sessionIds).toEqual(found.distinct.session_id);
    expect(told.targetNames).toEqual(found.distinct.target_name);
    expect(told.targetNamespaces).toEqual(found.distinct.target_namespace);
    expect([...told.sessionDuration.sorted]).toEqual(found.durations);
    expect(told.sessionDuration.sum).toBeCloseTo(
      found.durations.reduce((sum, value) => sum + value, 0),
      3,
    );
    expect(told.sessionDuration.percentile(50)).toBe(found.durations[Math.ceil(found.durations.length / 2) - 1]);
    expect(told.sessionDuration.percentile(100)).toBe(told.sessionDuration.max);
    expect(mirrordAnswers(options).byMessage).toEqual(told.byMessage);
  });

  test('as JSON they are counts and percentiles', () => {
    const json = JSON.parse(JSON.stringify(answersAsJson(mirrordAnswers({ lines: 2000 }))));
    expect(json).toMatchObject({
      events: 2000,
      clientIds: expect.any(Number),
      scaledDown: { yes: expect.any(Number) },
    });
    expect(Object.keys(json.sessionDuration)).toEqual([
      ...['count', 'sum', 'min', 'max'],
      ...['p1', 'p5', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99'],
    ]);
  });
});

describe('sessions hang together', () => {
  test('each begins once, ends after its duration, and keeps its client and target', () => {
    const open = new Map<string, { at: number; client: string; target: string; uses: number }>();
    let ended = 0;
    for (const { truth, at } of mirrordEvents({ lines: 8000, seed: 3 })) {
      if (truth.kind !== 'functional' || truth.sessionId === undefined) continue;
      const client = String(truth.clientId);
      const target = `${truth.target?.type}/${truth.target?.name}`;
      if (truth.message === 'Session Start') {
        expect(open.has(truth.sessionId)).toBe(false);
        open.set(truth.sessionId, { at, client, target, uses: 0 });
        continue;
      }
      const session = open.get(truth.sessionId);
      expect(session).toMatchObject({ client, target });
      if (session === undefined) continue;
      if (truth.message === 'Port Release') session.uses -= 1;
      if (truth.message === 'Port Steal' || truth.message === 'Port Mirror') session.uses += 1;
      if (truth.message !== 'Session End') continue;
      expect(session.uses).toBe(0);
      expect(at - session.at).toBeCloseTo(Number(truth.durationMs) / 1000, 1);
      open.delete(truth.sessionId);
      ended += 1;
    }
    expect(ended).toBeGreaterThan(1000);
  });

  test('times never go back and follow the day', () => {
    let before = 0;
    const byHour = Array.from({ length: 24 }, () => 0);
    for (const { at } of mirrordEvents({ lines: 40_000, start: '2026-11-02T00:00:00Z' })) {
      expect(at).toBeGreaterThan(before);
      before = at;
      const hour = Math.floor(at / 3600) % 24;
      byHour[hour] = (byHour[hour] ?? 0) + 1;
    }
    expect(before).toBeGreaterThan(86400);
    expect(byHour[10]).toBeGreaterThan(4 * Number(byHour[2]));
  });
});

describe('shares are near the asked ones', () => {
  test('the benchmark preset', () => {
    const found = mirrordAnswers({ ...mirrordPresets.benchmark, lines: 50_000 });
    expect(found.nonJson / 50_000).toBeCloseTo(0.03, 2);
    expect(found.large / 50_000).toBeCloseTo(0.01, 2);
    const mean = (format: 'docker' | 'cri') =>
      read({ ...mirrordPresets.benchmark, lines: 20_000, format }).length / 20_000;
    expect(mean('docker')).toBeGreaterThan(740);
    expect(mean('docker')).toBeLessThan(820);
    expect(mean('cri')).toBeGreaterThan(600);
    expect(mean('cri')).toBeLessThan(670);
  });

  test('large texts are of the asked size', () => {
    const sizes = [...mirrordEvents({ lines: 200, shares: { large: 1, nonJson: 0, unknown: 0, operator: 0 } })].map(
      (event) => Buffer.byteLength(event.text),
    );
    expect(Math.min(...sizes)).toBeGreaterThan(19_900);
    expect(Math.max(...sizes)).toBeLessThan(20_200);
  });

  test.each(['nonJson', 'unknown', 'operator'] as const)('all %s, or none', (name) => {
    const none = { nonJson: 0, large: 0, unknown: 0, operator: 0 };
    const all = mirrordAnswers({ lines: 300, shares: { ...none, [name]: 1 } });
    expect(all.functional).toBe(0);
    expect(name === 'nonJson' ? all.nonJson : all.events - all.nonJson).toBe(300);
    expect(mirrordAnswers({ lines: 300, shares: none }).functional).toBe(300);
  });

  test('spellings: old names, old keys, joined targets, text ports and durations all occur', () => {
    const text = read({ lines: 20_000, format: 'plain' }).toString();
    for (const old of Object.values(OLD_MESSAGE_NAMES)) expect(text).toContain(`"message":"${old}"`);
    expect(text).toMatch(/"duration":\d+/);
    expect(text).toMatch(/"session_duration":\d+\.\d+/);
    expect(text).toMatch(/"session_duration":"\d+/);
    expect(text).toMatch(/"port":"\d+"/);
    expect(text).toMatch(/"target":"deployment\/\w+/);
    expect(text).toMatch(/"session_id":"[A-Za-z0-9+/]+="/);
    expect(text).toContain('mirrord-copy-');
    expect(text).toContain('"spans":[{');
  });

  test('mistyped values only when asked for', () => {
    expect(mirrordAnswers({ lines: 4000 }).mistyped).toBe(0);
    const odd = mirrordAnswers({ lines: 4000, shares: { mistyped: 0.2 } });
    expect(odd.mistyped).toBeGreaterThan(200);
    expect(odd.sessionDuration.count).toBeLessThan(odd.byMessage.get('Session End') ?? 0);
  });
});

describe('impossible options are refused with their name', () => {
  test.each([
    [{ lines: -1 }, 'lines: got -1, expected a whole number of at least 0'],
    [{ lines: 1, rate: 0 }, 'rate: got 0, expected more than 0 events per second'],
    [{ lines: 1, shares: { nonJson: 2 } }, 'shares.nonJson: got 2, expected a number from 0 to 1'],
    [
      { lines: 1, shares: { nonJson: 0.6, operator: 0.6 } },
      'shares: got 1.252, expected nonJson + large + unknown + operator to be at most 1',
    ],
    [{ lines: 1, start: 'now' }, 'start: "now" is not a time; write it like 2026-11-02T06:00:00Z'],
  ])('%j', (options, message) => {
    expect(() => [...mirrordLines(options)]).toThrow(new RangeError(message));
  });
});
