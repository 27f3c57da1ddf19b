import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DatadogIntake, storedSeries, storedSum, type TakenMetrics } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeRuns, deliveryPlace, newBody, newRun } from './delivery.fixture.ts';
import { ago, histogram, point } from './points.fixture.ts';

const DONE = { kind: 'done', refused: [] };
let taken: TakenMetrics;
let intake: DatadogIntake;
let folder: string;
deliveryPlace({ beforeEach, afterEach }, (place) => {
  ({ taken, intake, folder } = place);
});

const jobs = (value: number, seconds: number) => point({ value: BigInt(value), time: ago(seconds) });
const paths = () => intake.requests.map(({ path, status }) => `${path.split('/').at(-1)} ${status}`);

test('counters add up to what they rose by, histograms to what was observed', async () => {
  const run = newRun(intake.url, folder);
  expect(await run.send(jobs(10, 30), histogram([1, 1, 0], 5, { time: ago(30) }))).toEqual(DONE);
  expect(taken.bodies).toEqual([]);
  await run.send(jobs(25, 20), histogram([1, 4, 2], 60, { time: ago(20) }));
  await run.send(jobs(27, 10), histogram([1, 4, 3], 80, { time: ago(10) }));
  expect(storedSum(taken, 'jobs')).toBe(17);
  expect([storedSum(taken, 'latency.count'), storedSum(taken, 'latency.sum')]).toEqual([6, 75]);
  const [distribution] = storedSeries(taken, 'latency');
  expect(distribution?.values).toHaveLength(6);
  expect(paths()).toEqual(['series 202', 'distribution_points 202', 'series 202', 'distribution_points 202']);
});

describe('what an answer leads to', () => {
  const rows: readonly (readonly [number, string, string, boolean])[] = [
    [202, 'done', '', true],
    [400, 'refused', 'request_refused', false],
    [401, 'pause', 'unauthorized', false],
    [403, 'pause', 'forbidden', false],
    [408, 'retry', 'server_timeout', false],
    [413, 'split', 'request_too_large', false],
    [429, 'retry', 'server_busy', false],
    [500, 'retry', 'server_error', false],
    [503, 'retry', 'server_error', false],
  ];
  test('the documentation says the same', () => {
    const page = readFileSync(new URL('../../../../docs/datadog.md', import.meta.url), 'utf8');
    const table = page.split('\n## Answers to metrics\n')[1]?.split('\n#')[0] ?? '';
    const said = [...table.matchAll(/^\| (\d+) \| .* \| (.*)\|$/gm)].map(([, status, code]) => [status, code?.trim()]);
    expect(said).toEqual(rows.map(([status, , code]) => [String(status), code === '' ? '' : `\`${code}\``]));
  });
  test.each(rows)('%d: %s', async (status, kind, code, moves) => {
    const run = newRun(intake.url, folder);
    await run.send(jobs(10, 30));
    intake.fault({ status, body: { errors: status === 202 ? [] : ['said by the server'] } });
    const verdict = await run.send(jobs(25, 20));
    expect(verdict).toEqual(moves ? DONE : { kind, code, message: 'said by the server' });
    // What was not accepted comes with the next point.
    await run.send(jobs(30, 10));
    expect(storedSum(taken, 'jobs')).toBe(moves ? 5 : 20);
  });
  test('429 with a time to wait', async () => {
    const run = newRun(intake.url, folder);
    await run.send(jobs(10, 30));
    intake.fault({ status: 429, headers: { 'x-ratelimit-reset': '7' } });
    expect(await run.send(jobs(25, 20))).toMatchObject({ kind: 'retry', afterMs: 7000 });
  });
  test('202 with something to say about it is taken, counted and said', async () => {
    const run = newRun(intake.url, folder);
    await run.send(jobs(10, 30));
    intake.fault({ status: 202, body: { errors: ['a tag was dropped'] } });
    expect(await run.send(jobs(25, 20))).toEqual(DONE);
    expect(run.errors).toEqual({ metric_refused: 1 });
    expect(run.warnings).toEqual(['Datadog accepted a request, but says: a tag was dropped']);
  });
});

describe('a request whose outcome is not known', () => {
  test('is sent again byte for byte, also before another body, and changes nothing when it was stored', async () => {
    const run = newRun(intake.url, folder);
    await run.send(jobs(10, 50));
    taken.answersLost = 1;
    expect(await run.send(jobs(25, 40))).toMatchObject({ kind: 'retry' });
    expect(await run.send(jobs(31, 30))).toEqual(DONE);
    const [first, second, third] = intake.requests;
    expect(second?.packed.equals(first!.packed)).toBe(true);
    expect(third?.packed.equals(first!.packed)).toBe(false);
    expect(storedSum(taken, 'jobs')).toBe(21);
  });
  test('is over for its own body when the repetition is accepted', async () => {
    const run = newRun(intake.url, folder);
    await run.send(histogram([0, 0, 0], 0, { time: ago(50) }));
    taken.answersLost = 1;
    const body = newBody();
    const points = [histogram([3, 0, 0], 2, { time: ago(40) })];
    expect(await run.resend(body, points)).toMatchObject({ kind: 'retry' });
    expect(await run.resend(body, points)).toEqual(DONE);
    expect(paths()).toEqual(['series 500', 'series 202', 'distribution_points 202']);
    expect(storedSum(taken, 'latency.count')).toBe(3);
    expect(storedSeries(taken, 'latency')[0]?.values).toHaveLength(3);
  });
  test('is given up when it holds others up, for it may be what the server fails at', async () => {
    const run = newRun(intake.url, folder);
    await run.send(jobs(10, 50));
    intake.fault({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
    await run.send(jobs(25, 40));
    expect(await run.send(jobs(31, 30))).toMatchObject({ kind: 'retry' });
    expect(await run.send(jobs(31, 30))).toMatchObject({ kind: 'retry' });
    expect(await run.send(jobs(31, 30))).toEqual(DONE);
    expect(storedSum(taken, 'jobs')).toBe(21);
  });
});

describe('a restart', () => {
  test('loses no increment: the first point is compared with the last one that was accepted', async () => {
    await newRun(intake.url, folder).send(jobs(10, 50));
    await newRun(intake.url, folder).send(jobs(14, 40));
    const third = newRun(intake.url, folder);
    await third.send(jobs(20, 30));
    expect(storedSum(taken, 'jobs')).toBe(10);
  });
  test('in the middle of a request that was stored repeats nothing, though the point that was in it never comes again', async () => {
    const killed = newRun(intake.url, folder);
    await killed.send(jobs(10, 50));
    taken.answersLost = 1;
    await killed.send(jobs(25, 40));
    await newRun(intake.url, folder).send(jobs(31, 30));
    expect(paths()).toEqual(['series 500', 'series 202', 'series 202']);
    expect(storedSum(taken, 'jobs')).toBe(21);
  });
  test('in the middle of a request that was not stored loses nothing', async () => {
    const killed = newRun(intake.url, folder);
    await killed.send(jobs(10, 50));
    intake.fault('reset');
    await killed.send(jobs(25, 40));
    await newRun(intake.url, folder).send(jobs(31, 30));
    expect(storedSum(taken, 'jobs')).toBe(21);
  });
  test('after which a queue gives the same points again, repeats nothing', async () => {
    const killed = newRun(intake.url, folder);
    await killed.send(jobs(10, 50));
    await killed.send(jobs(25, 40));
    taken.answersLost = 1;
    await killed.send(jobs(31, 30));
    const again = newRun(intake.url, folder);
    for (const one of [jobs(10, 50), jobs(25, 40), jobs(31, 30), jobs(33, 20)]) await again.send(one);
    expect(storedSum(taken, 'jobs')).toBe(23);
  });
  test('finds the last values of the first points too, for which nothing was sent', async () => {
    await newRun(intake.url, folder).send(jobs(10, 50), histogram([5, 0, 0], 1, { time: ago(50) }));
    await newRun(intake.url, folder).send(jobs(12, 40), histogram([7, 0, 0], 2, { time: ago(40) }));
    expect([storedSum(taken, 'jobs'), storedSum(taken, 'latency.count')]).toEqual([2, 2]);
    expect(storedSeries(taken, 'latency')[0]?.values).toHaveLength(2);
  });
});

test('whatever happens to requests and to the process, a counter ends at what it rose by', async () => {
  // No three failures in a row: a request in doubt is given up then.
  const event = fc.constantFrom('lost answer', 'reset', '429', '503', 'kill');
  const pair = fc.tuple(event, event).map((failures) => [...failures, 'ok']);
  await fc.assert(
    fc.asyncProperty(
      fc.array(pair, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.nat(9)),
      async (events, rises) => {
        const own = mkdtempSync(join(folder, 'run-'));
        taken.stored.clear();
        let run = newRun(intake.url, own);
        let value = 100;
        let seconds = 3000;
        await run.send(jobs(value, seconds));
        for (const what of events.flat()) {
          value += rises.next().value;
          seconds -= 10;
          if (what === 'lost answer') taken.answersLost = 1;
          if (what === 'reset') intake.fault('reset');
          if (/^\d/.test(what)) intake.fault({ status: Number(what), body: { errors: ['no'] } });
          await run.send(jobs(value, seconds));
          if (what === 'kill') run = newRun(intake.url, own);
        }
        taken.answersLost = 0;
        await run.send(jobs(value, seconds - 10));
        await run.send(jobs(value, seconds - 20));
        await closeRuns();
        expect(storedSum(taken, 'jobs')).toBe(value - 100);
      },
    ),
    { numRuns: 40 },
  );
}, 30_000);

test('an address that has taken its part of a body is not asked again', async () => {
  const run = newRun(intake.url, folder);
  await run.send(histogram([0, 0, 0], 0, { time: ago(50) }));
  const points = [histogram([3, 0, 0], 2, { time: ago(40) }), point({ kind: 'gauge', value: 1 })];
  intake.fault({ status: 202, body: {} }, { status: 429, body: { errors: ['slower'] } });
  const body = newBody();
  expect(await run.resend(body, points)).toMatchObject({ kind: 'retry', code: 'server_busy' });
  expect(await run.resend(body, points)).toEqual(DONE);
  expect(paths()).toEqual(['series 202', 'distribution_points 429', 'distribution_points 202']);
});

test('a body at the wrong time is given back when its request is called off', async () => {
  const run = newRun(intake.url, folder);
  await run.send(jobs(10, 30));
  const called = new AbortController();
  called.abort();
  expect(await run.resend(newBody(), [jobs(25, 20)], called.signal)).toMatchObject({
    kind: 'retry',
    code: 'server_timeout',
  });
  await run.send(jobs(30, 10));
  expect(storedSum(taken, 'jobs')).toBe(20);
});

test('bodies that come at once go one after the other', async () => {
  const run = newRun(intake.url, folder);
  await Promise.all([50, 40, 30, 20, 10].map((seconds, i) => run.send(jobs(10 * (i + 1), seconds))));
  expect(storedSum(taken, 'jobs')).toBe(40);
});
