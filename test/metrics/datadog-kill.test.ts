import { createServer } from 'node:http';
import {
  type DatadogIntake,
  datadogIntake,
  type IntakeRoute,
  listenOnLoopback,
  metricsRoutes,
  type RunningProcess,
  storedSeries,
  storedSum,
  takenMetrics,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

/** A target whose counter and histogram rise by one with each scrape. */
async function target(): Promise<{ port: number; scrapes(): number }> {
  let scrapes = 0;
  const server = createServer((_, response) => {
    scrapes++;
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      .end(
        `# TYPE jobs_total counter\njobs_total ${scrapes}\n${[
          '# TYPE wait_seconds histogram',
          `wait_seconds_bucket{le="1"} ${scrapes}`,
          `wait_seconds_bucket{le="+Inf"} ${scrapes}`,
          `wait_seconds_sum ${scrapes / 2}`,
          `wait_seconds_count ${scrapes}`,
        ].join('\n')}\n`,
      );
  });
  const { port, stop } = await listenOnLoopback(server);
  onTestFinished(stop);
  return { port, scrapes: () => scrapes };
}

/** Calls `hook` when a request has been stored and not been answered. */
function hooked(routes: readonly IntakeRoute[], hook: () => void): IntakeRoute[] {
  return routes.map((route) => ({
    ...route,
    answer(request) {
      const answer = route.answer(request);
      hook();
      return answer;
    },
  }));
}

test('killed between the storing of a request and its answer, four times: the counts are those of the target', async () => {
  const taken = takenMetrics();
  let running: RunningProcess | null = null;
  let armed = false;
  const routes = hooked(metricsRoutes(taken), () => {
    if (!armed) return;
    armed = false;
    running?.signal('SIGKILL');
  });
  const intake: DatadogIntake = await datadogIntake({ routes });
  onTestFinished(() => intake.stop());
  const { port, scrapes } = await target();
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { app: { type: 'prometheus_scrape', targets: [`http://127.0.0.1:${port}/metrics`], interval: '1100ms' } },
    sinks: { out: { type: 'datadog_metrics', inputs: ['app'], api_key: 'key', url: intake.url, max_wait: '10ms' } },
  };
  const files = { 'pipeline.yaml': JSON.stringify(pipeline) };
  let folder: string | undefined;
  const start = async (): Promise<RunningProcess> => {
    const place = folder === undefined ? { files } : { folder };
    const process = await startTailrace(['run', 'pipeline.yaml'], { ...place });
    folder = process.folder;
    return process;
  };
  for (let round = 0; round < 4; round++) {
    running = await start();
    // The first request of a run repeats what the run before did not hear about, so the kill is for one after that.
    const before = intake.requests.length;
    await expect.poll(() => intake.requests.length, { timeout: 30_000 }).toBeGreaterThan(before + (round % 3));
    armed = true;
    await running.exit();
  }
  running = await start();
  const before = intake.requests.length;
  await expect.poll(() => intake.requests.length, { timeout: 30_000 }).toBeGreaterThan(before + 3);
  running.signal('SIGTERM');
  expect((await running.exit()).code).toBe(0);
  // The first scrape is what the others are compared with; each later one adds one.
  expect(storedSum(taken, 'jobs_total')).toBe(scrapes() - 1);
  expect(storedSum(taken, 'wait_seconds.count')).toBe(scrapes() - 1);
  expect(storedSum(taken, 'wait_seconds.sum')).toBe((scrapes() - 1) / 2);
  // Distributions are at least once.
  expect(storedSeries(taken, 'wait_seconds')[0]?.values.length).toBeGreaterThanOrEqual(scrapes() - 1);
}, 90_000);
