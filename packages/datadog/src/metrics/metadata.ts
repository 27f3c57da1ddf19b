import { join } from 'node:path';
import type { v1 } from '@datadog/datadog-api-client';
import type { PluginContext } from '@tailrace/core';
import type { MetricPoint } from '@tailrace/telemetry';
import { MissingLibrary } from '../api-client.ts';
import { readWhole, replaceFile } from './durable-file.ts';
import { metricName, unitName } from './names.ts';

/** Unit and description of a metric as Datadog shows them. */
interface Metadata {
  readonly unit?: string;
  readonly description?: string;
}

/** Tells Datadog the units and descriptions of the metrics that pass. */
export interface MetadataTeller {
  /** Notes what the points say of their metrics, and returns at once. */
  note(points: readonly MetricPoint[]): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

interface Options {
  readonly context: PluginContext;
  readonly folder: string;
  readonly namespace: string | undefined;
  readonly retryAfterMs: number;
  /** Loads the library; throws MissingLibrary. */
  api(signal: AbortSignal): Promise<v1.MetricsApi>;
}

const NAME = 'metadata.json';
const VERSION = 1;
/** Metrics beyond this number are not described. */
const MAX_METRICS = 20_000;
/** Longest description, in characters. */
const MAX_DESCRIPTION = 400;
/** Of a metric with parts, the suffixes of those that have its unit. */
const PARTS = { histogram: ['sum', 'min', 'max'], summary: ['sum', 'quantile'] } as const;

/** Each metric once, and again when what is said of it changes; remembered over restarts. A failure is tried again later and stops nothing. */
export function metadataTeller({ context, folder, namespace, retryAfterMs, api }: Options): MetadataTeller {
  const path = join(folder, NAME);
  const stop = new AbortController();
  const waiting = new Map<string, Metadata>();
  let told: Map<string, string> | null = null;
  /** What was noted in this run, so that most points cost one look. */
  const noted = new Set<string>();
  let working: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isOff = false;

  async function tellAll(): Promise<void> {
    told ??= await readTold(path);
    const already = told;
    for (const [name, metadata] of waiting) if (already.get(name) === textOf(metadata)) waiting.delete(name);
    if (waiting.size === 0) return;
    const metrics = await api(stop.signal);
    const before = already.size;
    const refused: string[] = [];
    try {
      for (const [metric, body] of waiting) {
        const problem = await tellOne(metrics, metric, body);
        if (problem !== null) refused.push(`${metric}: ${problem}`);
        else {
          already.set(metric, textOf(body));
          waiting.delete(metric);
        }
      }
    } finally {
      if (already.size !== before || refused.length === 0) await replaceFile(path, [storedText(already)]);
    }
    if (refused.length > 0) fail(refused.length, refused[0]!);
  }
  function fail(count: number, message: string): void {
    context.countErrors('metadata_failed', count);
    const details = { metrics: count, retry_after_seconds: retryAfterMs / 1000 };
    context.log.warn(details, `unit and description could not be set: ${message}`);
    timer = setTimeout(start, retryAfterMs);
    timer.unref();
  }
  function start(): void {
    if (working || isOff || stop.signal.aborted) return;
    timer = null;
    working = tellAll()
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        isOff = error instanceof MissingLibrary;
        if (!isOff) return fail(waiting.size, error instanceof Error ? error.message : String(error));
        context.countErrors('metadata_failed', waiting.size);
        context.log.error({}, `unit and description cannot be set: ${(error as Error).message}`);
      })
      .finally(() => {
        working = null;
        if (waiting.size > 0 && !timer) start();
      });
  }
  function add(name: string | undefined, metadata: Metadata): void {
    if (name !== undefined && waiting.size < MAX_METRICS) waiting.set(name, metadata);
  }

  return {
    note(points) {
      for (const { name, kind, unit, description } of points) {
        const key = `${kind} ${unit} ${name} ${description}`;
        if (noted.has(key) || noted.size >= MAX_METRICS) continue;
        noted.add(key);
        const ours = metadataOf(unit, description);
        if (ours === null) continue;
        const full = metricName(namespace, name);
        if (kind !== 'summary') add(full, ours);
        const suffixes = kind === 'summary' ? PARTS.summary : kind.endsWith('histogram') ? PARTS.histogram : [];
        for (const suffix of suffixes) add(metricName(undefined, `${full}.${suffix}`), ours);
        if (suffixes.length > 0 && ours.description !== undefined) {
          add(metricName(undefined, `${full}.count`), { description: ours.description });
        }
      }
      if (waiting.size > 0 && !timer) start();
    },
    async close() {
      stop.abort();
      if (timer) clearTimeout(timer);
      await working;
    },
  };
}

/** `null` when it is set; else why not. Without an answer nobody else need be asked either, so that throws. */
async function tellOne(metrics: v1.MetricsApi, metricName: string, body: Metadata): Promise<string | null> {
  try {
    await metrics.updateMetricMetadata({ metricName, body });
    return null;
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    // A metric is unknown until its first points have been stored; the others may be known.
    if (code === 404 || code === 400) return `status ${code}`;
    throw error;
  }
}

function metadataOf(unit: string, description: string): Metadata | null {
  const name = unitName(unit);
  if (name === undefined && description === '') return null;
  return {
    ...(name !== undefined && { unit: name }),
    ...(description !== '' && { description: [...description].slice(0, MAX_DESCRIPTION).join('') }),
  };
}

function textOf(metadata: Metadata): string {
  return JSON.stringify(metadata);
}

function storedText(told: ReadonlyMap<string, string>): string {
  return `${JSON.stringify({ format: 'tailrace datadog metadata', version: VERSION, told: [...told] })}\n`;
}

/** What is there and cannot be read is no more than a reason to tell it again. */
async function readTold(path: string): Promise<Map<string, string>> {
  const text = (await readWhole(path))?.toString() ?? '';
  try {
    const { version, told } = JSON.parse(text) as { version?: unknown; told?: unknown };
    return version === VERSION && Array.isArray(told) ? new Map(told as [string, string][]) : new Map();
  } catch {
    return new Map();
  }
}
