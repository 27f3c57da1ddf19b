import { expect, onTestFinished, test } from 'vitest';
import { parseExposition } from '../sources/prometheus-scrape/parse.ts';
import { serveMirrordMetrics } from './mirrord-metrics/serve.ts';
import { type MirrordMetricsFormat, mirrordMetrics } from './mirrord-metrics.ts';

const LABELS: Record<string, string> = {
  mirrord_license_valid_seconds: '',
  mirrord_sessions_create_total: 'client_hostname client_name client_user user_id',
  mirrord_sessions_duration: 'client_hostname client_name client_user user_id',
  mirrord_operator_ping_latency: 'client_hostname client_name client_user user_id',
  mirrord_stolen_connections_count: 'namespace port target user_id',
  mirrord_stolen_requests_count: 'namespace port target user_id',
  mirrord_read_sqs_messages_count: 'original_queue',
  mirrord_sqs_messages_forwarded_to_user_count: 'k8s_user local_username original_queue',
  mirrord_unmatched_sqs_messages_count: 'original_queue',
  mirrord_ci_sessions_create_total: 'target_kind target_name target_namespace',
  mirrord_ci_sessions_duration: 'target_kind target_name target_namespace',
  mirrord_previews_create_total: 'target_kind target_name target_namespace',
  mirrord_previews_duration: 'target_kind target_name target_namespace',
};
const HISTOGRAMS = ['mirrord_sessions_duration', 'mirrord_operator_ping_latency', 'mirrord_ci_sessions_duration'];

function scraped(scrapes: number, format: MirrordMetricsFormat = 'text', seed = 1) {
  const metrics = mirrordMetrics({ seed });
  let text = '';
  for (let k = 0; k < scrapes; k++) text = metrics.next(format);
  const { families, samples } = parseExposition(Buffer.from(text), { format, sampleLimit: 1e6 });
  return { text, families, samples, answers: metrics.answers() };
}

test('all metrics of the operator are there, with their kinds and labels', () => {
  const { families } = scraped(40);
  const shape = families.map(({ name, samples }) => {
    const names = samples[0]!.labels.filter((_, k) => k % 2 === 0).filter((label) => label !== 'le');
    return [name, names.join(' ')];
  });
  expect(Object.fromEntries(shape)).toEqual(LABELS);
  const kindOf = (name: string) => families.find((family) => family.name === name)?.type;
  expect(HISTOGRAMS.map(kindOf)).toEqual(['histogram', 'histogram', 'histogram']);
  expect(kindOf('mirrord_stolen_connections_count')).toBe('counter');
  expect(kindOf('mirrord_license_valid_seconds')).toBe('gauge');
});

test('the answers are what the exposition adds up to', () => {
  const { families, samples, answers } = scraped(25);
  expect(answers).toMatchObject({ scrape: 25, samples });
  for (const { name, type, samples: lines } of families) {
    const sum = (suffix: string) =>
      lines.filter((line) => line.name === name + suffix).reduce((total, { value }) => total + value, 0);
    const known = answers.metrics[name]!;
    expect(known.kind).toBe(type);
    if (known.kind !== 'histogram') {
      expect(known).toEqual({ kind: type, series: lines.length, sum: sum('') });
      continue;
    }
    expect(known.count).toBe(sum('_count'));
    expect(known.sum).toBeCloseTo(sum('_sum'), 6);
    expect(known.buckets.reduce((total, count) => total + count, 0)).toBe(known.count);
    expect(lines.length).toBe(known.series * (known.bounds.length + 3));
  }
});

test('equal seeds give equal scrapes, others others; counters never fall', () => {
  expect(scraped(7).text).toBe(scraped(7).text);
  expect(scraped(7, 'text', 2).text).not.toBe(scraped(7).text);
  const [before, after] = [scraped(10).answers.metrics, scraped(11).answers.metrics];
  for (const [name, { kind, ...known }] of Object.entries(before)) {
    const later = after[name]!;
    if (kind !== 'gauge') expect(later.sum).toBeGreaterThanOrEqual(known.sum);
    else expect(later.sum).toBe(known.sum - 15);
  }
});

test('as OpenMetrics it has exemplars, times of creation and the same numbers', () => {
  const { families, answers } = scraped(20, 'openmetrics');
  expect(answers).toEqual(scraped(20).answers);
  const sessions = families.find(({ name }) => name === 'mirrord_sessions_duration')!;
  const traced = sessions.samples.find(({ exemplar }) => exemplar)!;
  expect(traced.exemplar!.labels).toEqual([
    'span_id',
    expect.stringMatching(/^[0-9a-f]{16}$/),
    'trace_id',
    expect.stringMatching(/^[0-9a-f]{32}$/),
  ]);
  expect(sessions.samples.some(({ name }) => name === 'mirrord_sessions_duration_created')).toBe(true);
  expect(families.find(({ name }) => name === 'mirrord_sessions_create')).toMatchObject({ type: 'counter' });
  expect(families.find(({ name }) => name === 'mirrord_stolen_requests_count')).toMatchObject({ type: 'unknown' });
});

test('served: each request is the next scrape, and any scrape can be asked for', async () => {
  const server = await serveMirrordMetrics({ port: 0, seed: 5 });
  onTestFinished(server.close);
  const get = async (suffix = '') => await (await fetch(server.url + suffix)).text();
  const [first, second] = [await get(), await get()];
  expect([first, second]).toEqual([await get('?scrape=1'), await get('?scrape=2')]);
  expect(server.answers().scrape).toBe(2);
  const answers = await fetch(new URL('/answers', server.url));
  expect(await answers.json()).toEqual(server.answers());
  expect(await get('?scrape=0')).toBe('scrape has to be a number from 1 to 10000\n');
  expect((await fetch(server.url)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
  expect((await fetch(new URL('/', server.url))).status).toBe(404);
});

test('served as OpenMetrics when asked for', async () => {
  const server = await serveMirrordMetrics({ port: 0, format: 'openmetrics' });
  onTestFinished(server.close);
  const answer = await fetch(server.url);
  expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect((await answer.text()).endsWith('\n# EOF\n')).toBe(true);
});
