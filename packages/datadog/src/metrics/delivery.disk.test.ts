import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DatadogIntake, storedSum, type TakenMetrics } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliveryPlace, newRun } from './delivery.fixture.ts';
import { checkedLine } from './mark-text.ts';
import { ago, point } from './points.fixture.ts';

const DONE = { kind: 'done', refused: [] };
let taken: TakenMetrics;
let intake: DatadogIntake;
let folder: string;
deliveryPlace({ beforeEach, afterEach }, (place) => {
  ({ taken, intake, folder } = place);
});

const jobs = (value: number, seconds: number) => point({ value: BigInt(value), time: ago(seconds) });

describe('a disk that takes nothing', () => {
  test('before a request: nothing is sent, and it is tried again', async () => {
    const run = newRun(intake.url, folder);
    writeFileSync(join(folder, 'metrics'), 'in the way');
    expect(await run.send(jobs(10, 30))).toMatchObject({ kind: 'retry', code: 'write_failed' });
    rmSync(join(folder, 'metrics'));
    await run.send(jobs(10, 30));
    await run.send(jobs(12, 20));
    expect(storedSum(taken, 'jobs')).toBe(2);
  });
  test('after a request: what is stored counts, and is noted as soon as that can be', async () => {
    const run = newRun(intake.url, folder, { assembly: { firstValue: 'keep' } });
    mkdirSync(join(folder, 'metrics/last-values.ndjson.new'), { recursive: true });
    expect(await run.send(jobs(10, 30))).toEqual(DONE);
    expect(run.errors).toEqual({ write_failed: 1 });
    await run.send(jobs(12, 20));
    rmSync(join(folder, 'metrics/last-values.ndjson.new'), { recursive: true });
    await run.send(jobs(15, 10));
    await newRun(intake.url, folder).send(jobs(16, 0));
    expect(storedSum(taken, 'jobs')).toBe(16);
  });
});

test('state of a newer version is left alone, and the sink waits', async () => {
  const run = newRun(intake.url, folder);
  await run.send(jobs(10, 30));
  await run.delivery.close();
  writeFileSync(
    join(folder, 'metrics/last-values.ndjson'),
    checkedLine({ format: 'tailrace datadog last values', version: 2 }),
  );
  const verdict = await newRun(intake.url, folder).send(jobs(12, 20));
  expect(verdict).toMatchObject({ kind: 'retry', code: 'write_failed' });
  expect('message' in verdict && verdict.message).toContain('use a newer tailrace');
});
