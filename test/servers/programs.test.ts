import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Collector, startCollector, startEnvoy, startMtail, startPrometheus } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serverOrSkip } from '../support/servers.ts';

const script = fileURLToPath(new URL('programs.sh', import.meta.url));
const collector = await serverOrSkip('collector');
const envoy = await serverOrSkip('envoy');
const prometheus = await serverOrSkip('prometheus');
const mtail = await serverOrSkip('mtail');

const logs = (text: string) => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: text } }] }] }] });

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

function start(forward?: Parameters<typeof startCollector>[0]['forward']): Promise<Collector> {
  return startCollector({ program: collector.program, ...(forward && { forward }) });
}

const bodies = async (server: Collector) =>
  (await server.received('logs')).map((body) => /one|two|three/.exec(JSON.stringify(body))?.[0]);

describe.skipIf(collector.skipped)('the collector', () => {
  test('has written down what it has taken when it answers, and keeps it over SIGKILL', async () => {
    const server = await start();
    onTestFinished(() => server.stop());
    const { status } = await post(`${server.receiver.http}/v1/logs`, logs('one'));
    expect(status).toBe(200);
    await server.kill();
    await expect(post(`${server.receiver.http}/v1/logs`, logs('two'))).rejects.toThrow();
    await server.restart();
    await post(`${server.receiver.http}/v1/logs`, logs('three'));
    expect(await bodies(server)).toEqual(['one', 'three']);
    expect(await server.received('traces')).toEqual([]);
  });

  test.each(['grpc', 'http/protobuf', 'http/json'] as const)(
    'forwards over %s, and answers after it',
    async (protocol) => {
      const target = await start();
      onTestFinished(() => target.stop());
      const server = await start({ protocol, endpoint: target.receiver[protocol === 'grpc' ? 'grpc' : 'http'] });
      onTestFinished(() => server.stop());
      const { status } = await post(`${server.forwarder.http}/v1/logs`, logs('two'));
      expect([status, await bodies(target), await bodies(server)]).toEqual([200, ['two'], []]);
    },
  );

  test('tells what was wrong when it does not start', async () => {
    const bad = startCollector({
      program: collector.program,
      forward: { protocol: 'http/json', endpoint: 'http:// x' },
    });
    await expect(bad).rejects.toThrow(/invalid .*endpoint|endpoint.*(invalid|valid)|parse/i);
  });
});

test.skipIf(envoy.skipped)('Envoy listens where its configuration says', async () => {
  const response = { status: 200, body: { inline_string: 'ok' } };
  const http = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'test',
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: response }] }],
    },
  };
  const listener = {
    name: 'web',
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: http }] }],
  };
  const server = await startEnvoy({ program: envoy.program, resources: { listeners: [listener], clusters: [] } });
  onTestFinished(() => server.stop());
  expect(await (await fetch(await server.url('web'))).text()).toBe('ok');
  await expect(server.url('other')).rejects.toThrow('no listener other');
});

test.skipIf(prometheus.skipped || mtail.skipped)(
  'Prometheus scrapes mtail, which counts the lines of its log',
  async () => {
    const program = 'counter lines_total\n/$/ {\n  lines_total++\n}\n';
    const counter = await startMtail({ program: mtail.program, programs: { 'lines.mtail': program } });
    onTestFinished(() => counter.stop());
    const job = { job_name: 'mtail', static_configs: [{ targets: [new URL(counter.url).host] }] };
    const server = await startPrometheus({ program: prometheus.program, interval: '200ms', scrape: [job] });
    onTestFinished(() => server.stop());
    await counter.append('a\nb\n');
    await expect
      .poll(async () => (await server.query('lines_total')).map(({ value }) => value[1]), { timeout: 10_000 })
      .toEqual(['2']);
    await expect(server.query('lines_total{')).rejects.toThrow('Prometheus refused');
  },
);

test.skipIf(mtail.skipped)('a server ends when its owner is killed', async () => {
  const testkit = new URL('../../packages/testkit/src/index.ts', import.meta.url);
  const code = `const { startMtail } = await import(${JSON.stringify(testkit.href)});
    console.log((await startMtail({ program: ${JSON.stringify(mtail.program)}, programs: { 'a.mtail': 'hidden gauge a' } })).url);`;
  const owner = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', code]);
  const [url] = (await once(owner.stdout, 'data')) as [Buffer];
  const ask = () =>
    fetch(`${url.toString().trim()}/metrics`).then(
      () => 'up',
      () => 'down',
    );
  expect(await ask()).toBe('up');
  owner.kill('SIGKILL');
  await expect.poll(ask, { timeout: 20_000 }).toBe('down');
});

describe('the script', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const path = process.env['PATH'] ?? '';
  const run = (commandLine: string[], env: Record<string, string> = {}) => {
    const options = { encoding: 'utf8', env: { PATH: path, HOME: home, ...env } } as const;
    const { status, stdout, stderr } = spawnSync('bash', [script, ...commandLine], options);
    return { code: status, stdout, stderr };
  };

  test.skipIf(mtail.skipped)('keeps what it made below HOME, XDG_CACHE_HOME or where it is told', () => {
    const first = run(['install', 'mtail']);
    expect(first.stdout).toMatch(new RegExp(`^${home}/\\.cache/test-servers/mtail-.*/mtail\n$`));
    expect(first.stderr).toContain('installing mtail');
    expect(run(['install', 'mtail'])).toEqual({ ...first, stderr: '' });
    const failing = { GO: 'false' };
    const lookedAt = (env: Record<string, string>) => run(['install', 'collector'], { ...failing, ...env }).stderr;
    expect(lookedAt({ XDG_CACHE_HOME: `${home}/xdg` })).toContain(`into ${home}/xdg/test-servers/collector-`);
    expect(lookedAt({ TEST_SERVERS_CACHE: `${home}/own` })).toContain(`into ${home}/own/collector-`);
    expect(readdirSync(`${home}/own`).filter((name) => name.includes('part'))).toEqual([]);
  });

  test('says what is missing, with exit code 4', () => {
    const bare = mkdtempSync(join(home, 'bin-'));
    for (const tool of ['bash', 'cat', 'cksum', 'dirname', 'mkdir', 'rm', 'tail', 'tr']) {
      symlinkSync(
        spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(),
        join(bare, tool),
      );
    }
    const env = { PATH: bare, TEST_SERVERS_CACHE: join(home, 'none') };
    const missing = { collector: 'needs Go', envoy: 'needs Python', mtail: 'needs Debian', prometheus: 'needs Debian' };
    for (const [name, words] of Object.entries(missing)) {
      expect(run(['install', name], env)).toMatchObject({ code: 4, stderr: expect.stringContaining(words) });
    }
  });

  test('refuses what it does not know, with exit code 2', () => {
    expect(run(['install', 'apache'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such server: apache'),
    });
    expect(run([])).toMatchObject({ code: 2, stderr: expect.stringContaining('programs.sh install') });
  });
});
