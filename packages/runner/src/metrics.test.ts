import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { defineSink, object, type PluginDeclaration, resolveConfig, type Sink, secret } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { reloadNumbers } from './reload/reloader.ts';
import { componentStats, observe, sinkStats } from './stats.ts';
import { component, done, numbered, runIn, scriptSink, scriptSource, testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the Prometheus text format 0.0.4, strictly; throws with the line that breaks it. */
function parseExposition(exposition: string): { series: Series[]; types: Map<string, string> } {
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const series: Series[] = [];
  const seen = new Set<string>();
  let current = '';
  if (!exposition.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of exposition.split('\n').slice(0, -1)) {
    const wrong = (why: string) => new Error(`${why}: ${line}`);
    if (line === '') continue;
    const about = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (line.startsWith('#') && !about) throw wrong('neither HELP nor TYPE');
    if (about) {
      const [, kind, name, rest] = about as unknown as [string, string, string, string];
      if (kind === 'HELP' && helped.has(name)) throw wrong('a second HELP');
      if (kind === 'HELP' && /\\(?![\\n])/.test(rest)) throw wrong('a bad escape');
      if (kind === 'HELP') helped.add(name);
      if (kind === 'TYPE' && types.has(name)) throw wrong('a second TYPE');
      if (kind === 'TYPE' && !/^(counter|gauge|histogram)$/.test(rest)) throw wrong('no type');
      if (kind === 'TYPE') types.set(name, rest);
      current = name;
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!sample) throw wrong('no sample');
    const [, name, inner = '', value] = sample as unknown as [string, string, string | undefined, string];
    const family = types.get(current) === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    if (family !== current || !types.has(family)) throw wrong('not below its TYPE');
    if (!/^(NaN|[+-]Inf|-?\d+(\.\d+)?(e[+-]?\d+)?)$/.test(value)) throw wrong('no number');
    const labels: Record<string, string> = {};
    const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
    while (label.lastIndex < inner.length) {
      const found = label.exec(inner);
      if (!found || found[1]! in labels) throw wrong('bad labels');
      labels[found[1]!] = found[2]!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    }
    const key = JSON.stringify([name, Object.entries(labels).toSorted()]);
    if (seen.has(key)) throw wrong('a second time');
    seen.add(key);
    series.push({ name, labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  return { series, types };
}

async function get(url: string): Promise<{ body: string; type: string | undefined; status: number | undefined }> {
  const asked = request(url, { agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  return { body: await text(response), type: response.headers['content-type'], status: response.statusCode };
}

const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

/** Runs a pipeline with faults, looks at its endpoint once when all has settled, and keeps its stats records. */
async function look() {
  const read = gate();
  const settledAll = gate();
  const records: Record<string, never>[] = [];
  let address = '';
  const log = {
    debug() {},
    warn() {},
    error() {},
    info(details: object, message: string) {
      if ('address' in details) address = String(details.address);
      if (message === 'stats') records.push(details as Record<string, never>);
    },
  };
  const source = scriptSource(async (io, batch, context) => {
    io.ready();
    context.gauge('open_files', 'Files\nthat "are" open.', 3, { folder: 'a "b"\\\nc' });
    context.gauge('open_files', 'Files\nthat "are" open.', Number.POSITIVE_INFINITY, { folder: 'd' });
    context.countErrors('line_misfit', 2);
    io.checkpoints.set('x', 1);
    const refused = batch(numbered(4));
    context.reject(refused, [1], 'line_oversize', 'too long');
    const emitted = [
      await io.emit(refused, { bytes: 100, merged: 3 }),
      await io.emit(batch(numbered(20, 4)), { bytes: 200 }),
    ];
    await Promise.all(emitted.map(({ settled }) => settled));
    settledAll.open();
    await read.opened;
  });
  let requests = 0;
  const sink = scriptSink((events) => {
    if (++requests === 1) return { kind: 'retry', code: 'server_error', message: '503' };
    const refused = events.flatMap(({ n }, index) =>
      n === 7 ? [{ index, retry: false, code: 'document_refused' as const, message: 'no' }] : [],
    );
    return { kind: 'done', refused, duplicates: requests === 2 ? 2 : 0 };
  });
  const settings = { metrics: { address: '127.0.0.1:0' }, log: { stats_interval: '30ms' } };
  const running = runIn(
    folder.path,
    [
      component('in', source, []),
      component('out', sink, ['in']),
      component(
        'all',
        scriptSink(() => done),
        ['in'],
      ),
    ],
    { log, settings },
  );
  await settledAll.opened;
  await new Promise((resolve) => setTimeout(resolve, 100));
  const scraped = await get(`${address}/metrics`);
  const record = records.at(-1)!;
  const health = await get(`${address}/readyz`);
  read.open();
  return { ...scraped, health, record, records, summary: await running };
}

describe('/metrics of a running pipeline', () => {
  it('is Prometheus text with the names and labels that dashboards read, and the numbers of the ledger and the stats record', async () => {
    const { body, type, health, record, records, summary } = await look();
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(health).toMatchObject({ status: 200, body: 'ready\n' });
    expect(records.length).toBeGreaterThanOrEqual(2);
    const { series, types } = parseExposition(body);
    const all = (name: string) => series.filter((one) => one.name === name);
    const of = (id: string, name: string, more: Record<string, string> = {}) => {
      const found = all(`tailrace_${name}`).filter(
        ({ labels }) => labels['component_id'] === id && Object.entries(more).every(([k, v]) => labels[k] === v),
      );
      expect([name, found.length]).toEqual([name, 1]);
      return found[0]!.value;
    };
    for (const { name, labels } of series.filter((one) => /_(component|sink|buffer|event_lag)_/.test(one.name)))
      expect([name, Object.keys(labels)]).toEqual([
        name,
        expect.arrayContaining(['component_id', 'component_type', 'component_kind']),
      ]);
    expect(all('tailrace_component_sent_events_total').map(({ labels }) => labels)).toEqual([
      { component_id: 'in', component_type: 'events', component_kind: 'source' },
      { component_id: 'out', component_type: 'script', component_kind: 'sink' },
      { component_id: 'all', component_type: 'script', component_kind: 'sink' },
    ]);

    const components = (record as unknown as { components: Record<string, Record<string, number>> }).components;
    for (const { id, kind, received, sent, merged, deadLettered, created, sink } of summary.components) {
      const shown = {
        received: of(id, 'component_received_events_total'),
        sent: of(id, 'component_sent_events_total'),
        merged: of(id, 'component_merged_events_total'),
        deadLettered: of(id, 'component_dead_lettered_events_total'),
        created: of(id, 'component_created_events_total'),
      };
      expect([id, shown]).toEqual([id, { received, sent, merged, deadLettered, created }]);
      expect(of(id, 'component_in_flight_events')).toBe(0);
      expect(of(id, 'component_ready')).toBe(1);
      expect(of(id, 'component_recovered_events_total') + of(id, 'component_returned_events_total')).toBe(0);
      expect(components[id]).toMatchObject({
        received_events: received,
        sent_events: sent,
        merged_events: merged,
        dead_lettered_events: deadLettered,
        balance: 0,
      });
      if (kind !== 'sink') continue;
      expect(of(id, 'buffer_events')).toBe(0);
      expect(of(id, 'buffer_bytes')).toBe(0);
      expect(of(id, 'buffer_max_bytes')).toBe(1_000_000);
      expect(of(id, 'sink_requests_total')).toBe(sink!.requests);
      expect(of(id, 'sink_retries_total')).toBe(sink!.retries);
      expect(of(id, 'sink_requests_in_flight')).toBe(0);
      expect(of(id, 'sink_request_duration_seconds_count')).toBe(sink!.requests);
      expect(of(id, 'sink_request_duration_seconds_bucket', { le: '+Inf' })).toBe(sink!.requests);
      expect(of(id, 'sink_request_bytes_count')).toBe(sink!.requests);
      expect(components[id]).toMatchObject({ requests: sink!.requests, retries: sink!.retries, buffer_bytes: 0 });
    }
    expect(summary.components.map((s) => [s.id, s.received, s.sent, s.merged, s.deadLettered])).toEqual([
      ['in', 27, 23, 3, 1],
      ['out', 23, 22, 0, 1],
      ['all', 23, 23, 0, 0],
    ]);
    expect(of('in', 'component_received_bytes_total')).toBe(300);
    expect(of('out', 'sink_retries_total')).toBe(1);
    expect(of('out', 'sink_duplicates_avoided_total')).toBe(2);
    expect(of('all', 'sink_request_events_sum')).toBe(23);
    expect(of('all', 'event_lag_seconds_count')).toBe(of('all', 'sink_requests_total'));
    expect(of('out', 'event_lag_seconds_count')).toBe(of('out', 'sink_requests_total') - 1);
    expect(of('in', 'component_errors_total', { code: 'line_misfit' })).toBe(2);
    expect(of('out', 'component_errors_total', { code: 'document_refused' })).toBe(1);
    expect(of('in', 'component_open_files', { folder: 'a "b"\\\nc' })).toBe(3);
    expect(of('in', 'component_open_files', { folder: 'd' })).toBe(Number.POSITIVE_INFINITY);
    for (const edge of ['in', 'out', 'all'])
      expect(all('tailrace_events_balance').find(({ labels }) => labels['edge'] === edge)!.value).toBe(0);
    const single = (name: string) => all(`tailrace_${name}`).map(({ value }) => value);
    expect(single('checkpoint_age_seconds')[0]).toBeLessThan(30);
    expect(single('event_loop_delay_seconds')[0]).toBeGreaterThanOrEqual(0);
    expect(single('event_loop_delay_seconds')[0]).toBeLessThan(5);
    expect(single('process_resident_memory_bytes')[0]).toBeGreaterThan(1e7);
    expect(single('process_cpu_seconds_total')[0]).toBeGreaterThan(0.01);
    expect(all('tailrace_build_info')[0]!.labels).toEqual({ version: '0' });
    for (const [name, type] of types) if (name.endsWith('_total')) expect([name, type]).toEqual([name, 'counter']);
  });

  it('counts the buckets of its histograms upwards', async () => {
    const stats = componentStats('out', 'x', 'sink');
    stats.sink = sinkStats(1);
    const { sink } = stats;
    for (const seconds of [0.001, 0.02, 0.02, 7, 100]) observe(sink.requestSeconds, seconds);
    const letterFiles = { bytes: () => Promise.resolve(7), dropped: 0 };
    const metrics = await createMetrics({
      components: () => [stats],
      checkpointWrittenAt: Date.now,
      letterFiles,
      reloads: reloadNumbers(),
      ready: { reasons: () => [{ component: 'out', subject: 'target', reason: 'is away' }] },
      version: '1',
    });
    const { series } = parseExposition((await metrics.text()).text);
    metrics.close();
    const buckets = series.filter(({ name }) => name === 'tailrace_sink_request_duration_seconds_bucket');
    expect(series.find(({ name }) => name === 'tailrace_component_ready')!.value).toBe(0);
    const at = (le: string) => buckets.find(({ labels }) => labels['le'] === le)!.value;
    expect([at('0.005'), at('0.01'), at('0.025'), at('5'), at('10'), at('30'), at('+Inf')]).toEqual([
      1, 1, 3, 3, 4, 4, 5,
    ]);
    expect(series.find(({ name }) => name === 'tailrace_sink_request_duration_seconds_sum')!.value).toBeCloseTo(
      107.041,
    );
  });

  it('counts what left by named outputs', async () => {
    const stats = componentStats('router', 'route', 'transform');
    stats.outputs.set('errors', 3).set('default', 4);
    const metrics = await createMetrics({
      components: () => [stats],
      checkpointWrittenAt: Date.now,
      letterFiles: { bytes: () => Promise.resolve(0), dropped: 0 },
      reloads: reloadNumbers(),
      ready: { reasons: () => [] },
      version: '1',
    });
    const { series } = parseExposition((await metrics.text()).text);
    metrics.close();
    const counted = series.filter(({ name }) => name === 'tailrace_component_output_events_total');
    expect(counted.map(({ labels, value }) => [labels['component_id'], labels['output'], value])).toEqual([
      ['router', 'errors', 3],
      ['router', 'default', 4],
    ]);
  });

  it('shows no secret of the configuration, nor does the log', async () => {
    const said: string[] = [];
    const say = (details: object, message: string) => void said.push(JSON.stringify(details), message);
    const config = object({ key: secret({ description: 'A key.' }) });
    const declaration = defineSink({
      type: 'secretive',
      summary: 'For a test.',
      config,
      examples: [],
      create({ config: { key }, context }): Sink {
        context.log.info({ key }, `key ${key}`);
        return {
          limits: { bytes: 1000, events: 10, waitMs: 1 },
          maxInFlight: 1,
          encode: (_batch, from, _to, out) => (out.append(new Uint8Array(1)) ? from + 1 : from),
          send: () => Promise.resolve(done),
          probe: () => Promise.reject(new Error(`refused ${key}`)),
        };
      },
    }) as PluginDeclaration;
    let bodies = '';
    const source = scriptSource(async (io, batch) => {
      await (await io.emit(batch(numbered(2)), { bytes: 1 })).settled;
      const address = said
        .find((line) => line.startsWith('metrics and health: '))!
        .slice('metrics and health: '.length);
      for (const path of ['/metrics', '/readyz']) bodies += (await get(`${address}${path}`)).body;
    });
    const out = {
      ...component(
        'out',
        scriptSink(() => done),
        ['in'],
      ),
      declaration,
    };
    const resolved = resolveConfig(config, { key: 'hunter2' });
    await runIn(folder.path, [component('in', source, []), { ...out, config: resolved }], {
      settings: { metrics: { address: '127.0.0.1:0' } },
      log: { debug: say, info: say, warn: say, error: say },
    });
    expect(bodies).toContain('tailrace_build_info');
    expect(said.join('\n')).toContain('key ***');
    expect(`${bodies}${said.join('\n')}`).not.toContain('hunter2');
  });
});
