import { writePoint } from '@tailrace/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convert, type Metric } from './convert.ts';
import { type ExpositionFormat, parseExposition } from './parse.ts';
import { joinLabels } from './series-labels.ts';
import { StartTimes } from './start-times.ts';

const NUMBERS = ['0', '1', '-1', '2.5', 'NaN', '+Inf', '-Inf', '1e300', '1e19', '9223372036854775807', '1e-320'];
const TIMES = ['', ' 1', ' -1', ' 9223372036'];
const LABELS = [
  '',
  '{a="b"}',
  '{le="1"}',
  '{le="+Inf"}',
  '{le="NaN"}',
  '{quantile="0.5"}',
  '{a="b",le="-Inf"}',
  '{job=""}',
];
const EXEMPLARS = ['', ' # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 1', ' # {a="b"} NaN -5', ' # {} 1e300 1e9'];
const TYPES = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'];
const SUFFIXES = ['', '_bucket', '_sum', '_count', '_created', '_total', '_info', '_gcount'];
const sample = fc
  .tuple(
    fc.constantFrom('x', 'y', 'target', 'otel_scope'),
    ...[SUFFIXES, LABELS, NUMBERS, TIMES, EXEMPLARS].map((choices) => fc.constantFrom(...choices)),
  )
  .map((parts) => {
    const [name, suffix, labels, value, time, exemplar] = parts as string[];
    return { text: `${name}${suffix}${labels} ${value}${time}`, exemplar: exemplar! };
  });
const line = fc.oneof(
  { weight: 4, arbitrary: sample },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'y', 'target'), fc.constantFrom(...TYPES))
      .map(([name, type]) => ({ text: `# TYPE ${name} ${type}`, exemplar: '' })),
  },
);

test('whatever an exposition says, its points can be written, read, and hold together', () => {
  const target = { job: 'j', instance: 'i', labels: {} };
  const formats: readonly ExpositionFormat[] = ['text', 'openmetrics'];
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), fc.constantFrom(...formats), (lines, format) => {
      const isText = format === 'text';
      const text = lines.map((one) => `${one.text}${isText ? '' : one.exemplar}\n`).join('');
      const body = Buffer.from(isText ? text : `${text}# EOF\n`);
      const exposition = parseExposition(body, { format, sampleLimit: 100 });
      const starts = new StartTimes(1000);
      for (const time of [10_000_000_000n, 20_000_000_000n]) {
        const scrape = { time, starts, join: joinLabels(target, false), honorTimestamps: true };
        convert(exposition, scrape, {
          refuse: () => undefined,
          point(metric: Metric, _, point) {
            const record = writePoint(metric.kind, point);
            expect(record.length).toBeGreaterThan(0);
            expect(point.startTime).toBeLessThanOrEqual(point.time);
            const { histogram } = point;
            if (!histogram) return;
            const { bucketCounts, explicitBounds, count } = histogram;
            if (bucketCounts.length === 0) expect(explicitBounds).toEqual([]);
            else expect(bucketCounts.length).toBe(explicitBounds.length + 1);
            if (bucketCounts.length > 0) expect(bucketCounts.reduce((sum, one) => sum + one, 0n)).toBe(count);
            expect(explicitBounds.every((bound, k) => k === 0 || bound > explicitBounds[k - 1]!)).toBe(true);
          },
        });
        starts.scraped(time);
      }
    }),
    { numRuns: 200 },
  );
});
