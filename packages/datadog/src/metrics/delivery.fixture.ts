import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EncodedBatch,
  type ErrorCode,
  object,
  type PluginContext,
  resolveConfig,
  type Verdict,
} from '@tailrace/core';
import type { MetricPoint } from '@tailrace/telemetry';
import { type DatadogIntake, datadogIntake, metricsRoutes, type TakenMetrics, takenMetrics } from '@tailrace/testkit';
import { createConnection } from '../connection.ts';
import { connectionOptions } from '../connection-options.ts';
import type { Assembly } from './assemble.ts';
import { type Delivery, metricDelivery } from './delivery.ts';
import { metricPacking } from './packing.ts';

/** A delivery to a stand-in, as one run of the process has it. */
export interface Run {
  readonly errors: Partial<Record<ErrorCode, number>>;
  readonly warnings: string[];
  readonly delivery: Delivery;
  /** A body of its own for these points. */
  send(...points: readonly MetricPoint[]): Promise<Verdict>;
  /** As the runner sends a body again. */
  resend(body: EncodedBatch, points: readonly MetricPoint[], signal?: AbortSignal): Promise<Verdict>;
}

/** What the tests assume unless they say otherwise. */
export const ASSEMBLY: Assembly = {
  naming: { namespace: undefined, hostname: undefined, hostAttributes: [], resourceTags: {}, tags: [] },
  shape: { counters: 'count', histograms: 'distributions', quantiles: true, maxValues: 10_000 },
  firstValue: 'drop',
  maxAgeMs: 3_600_000,
};

/** A body that is told from others by being another object. */
export function newBody(): EncodedBatch {
  const none = (): never => {
    throw new Error('the bytes of the body are not looked at');
  };
  return { signal: 'metrics', bytes: new Uint8Array(), entries: 1, end: none, position: none, tried: () => false };
}

const running: Delivery[] = [];

/** What a test runner calls around each test. */
interface Hooks {
  beforeEach(act: () => Promise<void>): void;
  afterEach(act: () => Promise<void>): void;
}

/** What a test delivers to, and the folder it keeps its state in: new ones for each test. */
export interface DeliveryPlace {
  taken: TakenMetrics;
  intake: DatadogIntake;
  folder: string;
}

/** Makes a place for each test and takes it away with all runs; `use` is given each. */
export function deliveryPlace({ beforeEach, afterEach }: Hooks, use: (place: DeliveryPlace) => void): void {
  let place: DeliveryPlace;
  beforeEach(async () => {
    const taken = takenMetrics();
    const intake = await datadogIntake({ routes: metricsRoutes(taken) });
    place = { taken, intake, folder: mkdtempSync(join(tmpdir(), 'delivery-')) };
    use(place);
  });
  afterEach(async () => {
    await closeRuns();
    await place.intake.stop();
    rmSync(place.folder, { recursive: true, force: true });
  });
}

/** Closes what all runs have open, those too that a test leaves as a process leaves them that is killed. */
export async function closeRuns(): Promise<void> {
  await Promise.all(running.splice(0).map((delivery) => delivery.close()));
}

/** Begins a run; a second one on the same folder is the process after a restart. */
export function newRun(
  url: string,
  folder: string,
  options: { assembly?: Partial<Assembly>; compression?: string } = {},
): Run {
  const errors: Partial<Record<ErrorCode, number>> = {};
  const warnings: string[] = [];
  const silent = (): void => undefined;
  const context: PluginContext = {
    componentId: 'metrics',
    log: { debug: silent, info: silent, warn: (_, message) => warnings.push(message), error: silent },
    dataDir: folder,
    resolvePath: (path) => path,
    countErrors(code, count) {
      errors[code] = (errors[code] ?? 0) + count;
    },
    gauge: silent,
    notReady: silent,
  };
  const { compression = 'gzip' } = options;
  const config = resolveConfig(object(connectionOptions), { api_key: 'key', url, compression });
  const urls = { series: new URL('/api/v2/series', url), distributions: new URL('/api/v1/distribution_points', url) };
  const connection = createConnection(config, urls.series, context);
  const delivery = metricDelivery({
    context,
    folder: join(folder, 'metrics'),
    keeping: { maxSeries: 1000, maxAgeMs: 86_400_000 },
    assembly: { ...ASSEMBLY, ...options.assembly },
    packing: metricPacking(config),
    runStart: 0n,
    post: ({ address, body, encoding }, signal) => connection.postPacked(urls[address], body, encoding, signal),
  });
  running.push(delivery);
  const patience = (): AbortSignal => AbortSignal.timeout(10_000);
  return {
    errors,
    warnings,
    delivery,
    send: (...points) => delivery.send(newBody(), points, patience()),
    resend: (body, points, signal = patience()) => delivery.send(body, points, signal),
  };
}
