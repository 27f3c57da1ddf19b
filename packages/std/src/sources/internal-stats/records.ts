import type { ComponentNumbers, RunNumbers } from '@tailrace/core';
import type { ProcessNumbers } from './process-numbers.ts';
import { histogramSince, quantile, valuesIn } from './quantile.ts';

/** All numbers at one moment. */
export interface Reading {
  /** Unix milliseconds. */
  readonly at: number;
  readonly run: RunNumbers;
  readonly process: ProcessNumbers;
}

interface Interval {
  readonly seconds: number;
  /** What each event begins with. */
  readonly head: object;
}

type Numbers = Readonly<Record<string, number>>;

/**
 * Log events of a reading: one of the process, one per component, one per error code and per reason of a discard that came up since the
 * reading before. Counts stand twice: since the start, and in `delta` since the reading before, so that a sum over time is right.
 */
export function statsEvents(now: Reading, before: Reading | undefined, hostname: string): object[] {
  const earlier = before?.run.startedAt === now.run.startedAt ? before : undefined;
  const seconds = Math.max(0, now.at - (earlier?.at ?? now.run.startedAt)) / 1000;
  const interval = { seconds, head: { '@timestamp': new Date(now.at).toISOString(), hostname } };
  const componentsBefore = new Map(earlier?.run.components.map((one) => [one.id, one]));
  return [
    processEvent(now, earlier, interval),
    ...now.run.components.flatMap((component) => {
      const own = componentsBefore.get(component.id);
      return componentEvents(component, own?.kind === component.kind ? own : undefined, interval);
    }),
  ];
}

function processEvent(now: Reading, before: Reading | undefined, { seconds, head }: Interval): object {
  const { run, process } = now;
  const { cpu_seconds, ...used } = process;
  const cpu = cpu_seconds - (before?.process.cpu_seconds ?? 0);
  return {
    ...head,
    record: 'process',
    ...said('info', `tailrace ${run.version}, ${run.components.length} components, ${text(seconds)} s`),
    version: run.version,
    interval_seconds: seconds,
    uptime_seconds: (now.at - run.startedAt) / 1000,
    ready: Number(run.components.every(({ notReady }) => notReady.length === 0)),
    ...run.gauges,
    ...used,
    ...(seconds > 0 ? { cpu_ratio: cpu / seconds } : {}),
    ...run.counts,
    delta: { ...since(run.counts, before?.run.counts), cpu_seconds: cpu },
  };
}

function componentEvents(
  now: ComponentNumbers,
  before: ComponentNumbers | undefined,
  { seconds, head }: Interval,
): object[] {
  const names = { component_id: now.id, component_type: now.type, component_kind: now.kind };
  const { buffer_bytes, buffer_max_bytes } = now.gauges;
  const delta = since(now.counts, before?.counts);
  const component = {
    ...{ ...head, record: 'component', ...names, interval_seconds: seconds },
    ...said(now.notReady.length > 0 ? 'warn' : 'info', componentMessage(now, delta, seconds)),
    ready: Number(now.notReady.length === 0),
    ...(now.notReady.length > 0 ? { not_ready: now.notReady } : {}),
    ...now.counts,
    ...now.gauges,
    ...(buffer_bytes !== undefined && buffer_max_bytes ? { buffer_used_ratio: buffer_bytes / buffer_max_bytes } : {}),
    ...spreads(now, before),
    delta,
  };
  const errors = now.errors.flatMap(({ code, count }) => {
    const fresh = rise(count, before?.errors.find((one) => one.code === code)?.count);
    if (fresh === 0) return [];
    const numbers = { code, errors: count, delta: { errors: fresh } };
    return [
      { ...head, record: 'errors', ...said('error', `${now.id}: ${code}, ${fresh} times`), ...names, ...numbers },
    ];
  });
  const discards = now.discarded.flatMap(({ reason, intentional, count }) => {
    const own = before?.discarded.find((one) => one.reason === reason && one.intentional === intentional);
    const fresh = rise(count, own?.count);
    if (fresh === 0) return [];
    const numbers = { reason, intentional, discarded_events: count, delta: { discarded_events: fresh } };
    const message = said(intentional ? 'info' : 'warn', `${now.id}: ${fresh} events discarded: ${reason}`);
    return [{ ...head, record: 'discards', ...message, ...names, ...numbers }];
  });
  return [component, ...errors, ...discards];
}

/** For people who read the events one by one. */
function said(level: 'info' | 'warn' | 'error', message: string): object {
  return { level, message };
}

function componentMessage({ id, notReady }: ComponentNumbers, delta: Numbers, seconds: number): string {
  const flow = `${delta['received_events']} events in, ${delta['sent_events']} out in ${text(seconds)} s`;
  return [`${id}: ${flow}`, ...notReady].join('; ');
}

const text = (seconds: number): string => String(Math.round(seconds * 10) / 10);

/** Percentiles of what came since the reading before; nothing where nothing came. */
function spreads(now: ComponentNumbers, before: ComponentNumbers | undefined): object {
  const shown = Object.entries(now.histograms).flatMap(([name, histogram]) => {
    const fresh = histogramSince(histogram, before?.histograms[name]);
    const count = valuesIn(fresh);
    if (count === 0) return [];
    const percentiles = { p50: quantile(fresh, 0.5), p95: quantile(fresh, 0.95), p99: quantile(fresh, 0.99) };
    return [[name, { ...percentiles, mean: fresh.sum / count }]];
  });
  return Object.fromEntries(shown);
}

function since(now: Numbers, before: Numbers | undefined): Numbers {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, rise(count, before?.[name])]));
}

/** What a count rose by; one that fell began anew. */
function rise(now: number, before = 0): number {
  return now >= before ? now - before : now;
}
