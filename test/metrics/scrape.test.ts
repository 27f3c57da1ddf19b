import { setTimeout as sleep } from 'node:timers/promises';
import { resolveConfig } from '@tailrace/core';
import { mirrordMetrics, prometheusScrape, serveMirrordMetrics } from '@tailrace/std';
import { type MetricPoint, readPoint } from '@tailrace/telemetry';
import { type Prometheus, sourceContext, sourceRun, startMtail, startPrometheus } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';
import { frozenServer } from './frozen.ts';
import { pointSeries, prometheusSeries, type SeriesValues } from './series.ts';

const [prometheusProgram, mtailProgram] = [await serverOrSkip('prometheus'), await serverOrSkip('mtail')];
const TEXT = 'text/plain;version=0.0.4';
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';
const NAMES = ['prometheus-text', 'prometheus-openmetrics', 'mtail', 'tailrace', 'mirrord', 'mirrord-openmetrics'];
/** Both add them, but their own. */
const OWN = /^(?:up|scrape_\w+) /;

describe.skipIf(prometheusProgram.skipped || mtailProgram.skipped)(
  'the same scrape read by Prometheus and by us',
  () => {
    let frozen: Awaited<ReturnType<typeof frozenServer>>;
    let prometheus: Prometheus;
    const stops: (() => Promise<unknown>)[] = [];
    /** The endpoints themselves. */
    const live = new Map<string, string>();

    beforeAll(async () => {
      frozen = await frozenServer();
      stops.push(frozen.stop);
      const scrape = NAMES.map((name) => ({
        ...{ job_name: name, metrics_path: `/${name}`, scrape_interval: '500ms', scrape_timeout: '500ms' },
        static_configs: [{ targets: [`127.0.0.1:${frozen.port}`] }],
      }));
      prometheus = await startPrometheus({ program: prometheusProgram.program, scrape });
      stops.push(prometheus.stop);
      live.set('prometheus', `${prometheus.url}/metrics`);
      await freezeMtail();
      await freezeTailrace();
      await freezeMirrord('mirrord', 'text');
      await freezeMirrord('mirrord-openmetrics', 'openmetrics');
      // Last, when its histograms and summaries have counted something.
      await frozen.freeze('prometheus-text', `${prometheus.url}/metrics`, TEXT);
      await frozen.freeze('prometheus-openmetrics', `${prometheus.url}/metrics`, OPEN_METRICS);
    });
    afterAll(() => Promise.all(stops.map((stop) => stop())));

    async function freezeMtail(): Promise<void> {
      const program = [
        'counter lines_total by level',
        'gauge last_ms',
        'histogram took_ms buckets 1, 10, 100, 1000 by level',
        '/^(?P<level>[A-Z]+) (?P<ms>\\d+)$/ {',
        '  lines_total[$level]++',
        '  last_ms = $ms',
        '  took_ms[$level] = $ms',
        '}',
      ].join('\n');
      const mtail = await startMtail({ program: mtailProgram.program, programs: { 'lines.mtail': `${program}\n` } });
      stops.push(mtail.stop);
      live.set('mtail', `${mtail.url}/metrics`);
      const lines = Array.from({ length: 500 }, (_, k) => `${k % 3 === 0 ? 'WARN' : 'INFO'} ${(k * 7) % 1500}\n`);
      await mtail.append(lines.join(''));
      for (let tries = 0; tries < 100; tries++) {
        const { body } = await frozen.freeze('mtail', `${mtail.url}/metrics`, TEXT);
        if (/lines_total\{.*"WARN".*\} 167/.test(body) && /lines_total\{.*"INFO".*\} 333/.test(body)) return;
        await sleep(100);
      }
      throw new Error('mtail did not count the lines');
    }

    async function freezeTailrace(): Promise<void> {
      const pipeline = {
        ...{ data_dir: 'data', metrics: { address: '127.0.0.1:0' } },
        sources: { in: { type: 'generate', system: 'mirrord', rate: 100 } },
        sinks: { out: { type: 'file', inputs: 'in', path: 'out.ndjson' } },
      };
      const running = await startTailrace(['run', 'pipeline.yaml'], {
        files: { 'pipeline.yaml': JSON.stringify(pipeline) },
        keep: true,
      });
      stops.push(running.dispose);
      const line = await running.line(/http:\/\/127\.0\.0\.1:\d+/);
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line)!;
      await running.endpoint(`${url}/metrics`, {
        until: ({ body }) => /received_events_total\{.*"in".*\} [1-9]/.test(body),
      });
      live.set('tailrace', `${url}/metrics`);
      await frozen.freeze('tailrace', `${url}/metrics`, TEXT);
    }

    async function freezeMirrord(name: string, format: 'text' | 'openmetrics'): Promise<void> {
      const server = await serveMirrordMetrics({ port: 0, seed: 11, format });
      await frozen.freeze(name, `${server.url}?scrape=30`, TEXT);
      await server.close();
    }

    test.each(NAMES)('%s: every series has the same number', async (name) => {
      const theirs = await theirSeries(name);
      const points = await ourPoints(`http://127.0.0.1:${frozen.port}/${name}`, name);
      const ours = pointSeries(points);
      const created = [...theirs.keys()].filter((key) => /^\w+_created /.test(key) && !ours.has(key));
      const comparable = [...countsAsInf(theirs)].filter(([key]) => !OWN.test(key) && !created.includes(key));
      expect(comparable.length).toBeGreaterThan(10);
      expect([...ours].filter(([key]) => !OWN.test(key)).toSorted(byName)).toEqual(comparable.toSorted(byName));
      expect(ours.get('up []')).toBe(theirs.get('up []'));
      expect(ours.get('scrape_samples_scraped []')).toBe(theirs.get('scrape_samples_scraped []'));
      for (const key of created) expect(startsOf(points, key)).toEqual([theirs.get(key)]);
    });

    test.each(['prometheus', 'mtail', 'tailrace'])('%s answers what we ask for', async (name) => {
      const points = await ourPoints(live.get(name)!, name);
      const series = pointSeries(points);
      expect(series.get('up []')).toBe(1);
      expect(series.get('scrape_samples_scraped []')).toBeGreaterThan(10);
      expect(points.length).toBeGreaterThan(10);
    });

    test('what each of them is full of', async () => {
      const kinds = new Map<string, Set<string>>();
      for (const name of NAMES) {
        const points = await ourPoints(`http://127.0.0.1:${frozen.port}/${name}`, name);
        kinds.set(name, new Set(points.map(({ kind }) => kind)));
      }
      expect([...kinds.get('prometheus-text')!].toSorted()).toEqual(['gauge', 'histogram', 'sum', 'summary']);
      for (const name of NAMES.slice(1))
        expect([...kinds.get(name)!]).toEqual(expect.arrayContaining(['histogram', 'sum']));
    });

    test('the metrics of mirrord add up to what their generator says, with the right kinds', async () => {
      const generated = mirrordMetrics({ seed: 11 });
      for (let k = 0; k < 30; k++) generated.next('text');
      const points = await ourPoints(`http://127.0.0.1:${frozen.port}/mirrord`, 'mirrord');
      for (const [name, answer] of Object.entries(generated.answers().metrics)) {
        const own = points.filter((point) => point.name === name);
        expect(own).toHaveLength(answer.series);
        if (answer.kind !== 'histogram') {
          expect(own[0]).toMatchObject({ kind: answer.kind === 'counter' ? 'sum' : 'gauge' });
          expect(own.reduce((sum, { value }) => sum + Number(value), 0)).toBe(answer.sum);
          continue;
        }
        expect(own[0]).toMatchObject({ kind: 'histogram', histogram: { explicitBounds: answer.bounds } });
        const bucket = (k: number) => own.reduce((sum, { histogram }) => sum + Number(histogram!.bucketCounts[k]), 0);
        expect(answer.buckets.map((_, k) => bucket(k))).toEqual(answer.buckets);
        expect(own.reduce((sum, { histogram }) => sum + histogram!.sum!, 0)).toBeCloseTo(answer.sum, 6);
      }
      for (const name of ['mirrord_sessions_duration', 'mirrord_operator_ping_latency'])
        expect(points.find((point) => point.name === name)!.kind).toBe('histogram');
    });

    /** What Prometheus has of a target, as soon as a whole scrape of it has succeeded. */
    async function theirSeries(job: string) {
      for (let tries = 0; tries < 100; tries++) {
        const series = prometheusSeries(await prometheus.query(`{job="${job}"}`));
        if (series.get('up []') === 1) return series;
        await sleep(100);
      }
      throw new Error(`Prometheus did not scrape ${job}`);
    }

    async function ourPoints(url: string, job: string): Promise<MetricPoint[]> {
      const { context } = sourceContext();
      const config = resolveConfig(prometheusScrape.config, { targets: [url], job });
      const run = sourceRun();
      await (await prometheusScrape.create({ config, context })).run(run.io);
      return run.records.flatMap((batch) =>
        Array.from({ length: batch.length }, (_, i) => readPoint(batch.envelopeOf(i), batch.record(i))),
      );
    }
  },
);

/** OTLP's buckets add up to the count; mtail leaves what is below its first bucket out of `+Inf`. */
function countsAsInf(series: SeriesValues): SeriesValues {
  return new Map(
    [...series].map(([key, value]) => {
      const count = key
        .replace('_bucket ', '_count ')
        .replace(/,?\["le","Infinity"\]/, '')
        .replace('[,', '[');
      return [key, key.includes('["le","Infinity"]') ? series.get(count)! : value];
    }),
  );
}

const byName = ([a]: [string, number], [b]: [string, number]) => (a < b ? -1 : 1);

/** The starts, in seconds, of the points that a `_created` series speaks of. */
function startsOf(points: readonly MetricPoint[], key: string): number[] {
  const [name, labels] = [key.slice(0, key.indexOf(' ')).replace(/_created$/, ''), key.slice(key.indexOf(' ') + 1)];
  const own = points.filter((point) => {
    const pairs = [...point.attributes].map(([label, text]) => [label, String(text)]);
    const isNamed = point.name === name || point.name === `${name}_total`;
    return isNamed && JSON.stringify(pairs.toSorted(([a], [b]) => (a! < b! ? -1 : 1))) === labels;
  });
  return own.map(({ startTime }) => Number(startTime) / 1e9);
}
