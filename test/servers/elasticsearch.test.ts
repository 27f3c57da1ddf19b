import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type ElasticsearchClient, tlsProxy } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchOrSkip, indexPrefix, startElasticsearch } from '../support/elasticsearch.ts';

const elasticsearch = await elasticsearchOrSkip();
const script = fileURLToPath(new URL('elasticsearch/elasticsearch.sh', import.meta.url));

describe.skipIf(elasticsearch.skipped)('the shared node', () => {
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await elasticsearch.shared();
  });

  test('is a real Elasticsearch 8 that indexes and counts', async () => {
    const index = `${indexPrefix('kit')}events`;
    const lines = [
      { create: { _id: 'a' } },
      { n: 1 },
      { create: { _id: 'a' } },
      { n: 2 },
      { create: { _id: 'b' } },
      { n: 'x' },
    ];
    await node.json('PUT', index, { mappings: { properties: { n: { type: 'long' } } } });
    const bulk = await node.request<{ items: { create: { status: number } }[] }>(
      'POST',
      `${index}/_bulk?refresh=true&filter_path=errors,items.*.status,items.*.error`,
      `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`,
    );
    expect(bulk.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(bulk.body.items.map((item) => item.create.status)).toEqual([201, 409, 400]);
    expect(await node.json('GET', `${index}/_count`)).toMatchObject({ count: 1 });
    const root = await node.json<{ version: { number: string } }>('GET', '');
    expect(root.version.number).toMatch(/^8\./);
  });

  test('can be had behind TLS and users', async () => {
    const users = [{ username: 'elastic', password: 'secret' }];
    const proxy = await tlsProxy({ target: node.url, clientCertificate: true, users });
    onTestFinished(() => proxy.stop());
    const { certificate: cert, key } = proxy.client;
    const ask = (auth: string) =>
      new Promise((resolve, reject) => {
        const request = httpsRequest(proxy.url, { ca: proxy.ca, cert, key, auth }, (response) => {
          text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
        });
        request.on('error', reject).end();
      });
    expect(await ask('elastic:secret')).toMatch(/^200 .*You Know, for Search/s);
    expect(await ask('elastic:wrong')).toMatch(/^401 .*security_exception/);
  });

  test('is the same one at each call, and json() throws with the words of the node', async () => {
    const [one, two] = await Promise.all([elasticsearch.shared(), elasticsearch.shared()]);
    expect(one.url).toBe(two.url);
    await expect(one.json('GET', 'no-such-index/_count')).rejects.toThrow(/answered 404: .*no such index/);
  });
});

describe.skipIf(elasticsearch.skipped)('a node of its own', () => {
  const dataDir = join(tmpdir(), `kept-${process.pid}`);
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  test('takes settings, keeps its URL and data over kill and restart, and two run side by side', async () => {
    const settings = { 'indexing_pressure.memory.limit': '10kb' };
    const [node, neighbour] = await Promise.all([startElasticsearch({ settings, dataDir }), startElasticsearch()]);
    expect(neighbour.url).not.toBe(node.url);
    await neighbour.stop();
    await expect(neighbour.request('GET', '')).rejects.toThrow();
    expect(readdirSync(tmpdir())).not.toContain(neighbour.dataDir.split('/').at(-1));

    const body = `{"create":{}}\n{"text":"${'x'.repeat(20_000)}"}\n`;
    const refused = await node.request('POST', 'kept/_bulk', body);
    expect(refused.status).toBe(429);
    await node.json('PUT', 'kept/_doc/1?refresh=true', { n: 1 });

    await node.kill();
    await expect(node.request('GET', '')).rejects.toThrow();
    await node.restart();
    expect(await node.json('GET', 'kept/_doc/1')).toMatchObject({ found: true, _source: { n: 1 } });
    await node.stop();
    expect(readdirSync(dataDir)).not.toEqual([]);
  }, 120_000);

  test('ends when its owner is killed', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const command = [script, 'start', '--port', '0', '--owner', String(owner.pid)];
    const url = execFileSync('bash', command, { encoding: 'utf8' }).trim();
    expect((await fetch(url)).status).toBe(200);
    owner.kill('SIGKILL');
    await expect
      .poll(
        () =>
          fetch(url).then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 20_000 },
      )
      .toBe('down');
  }, 60_000);
});

describe('the script', () => {
  const path = process.env['PATH'] ?? '';
  const home = join(tmpdir(), `home-${process.pid}`);
  beforeAll(() => void mkdirSync(home));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const run = (commandLine: string[], env: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync('bash', [script, ...commandLine], { encoding: 'utf8', env });
    return { code: status, stdout, stderr };
  };
  const saying = (words: string) => expect.stringContaining(words);

  test.skipIf(elasticsearch.skipped)(
    'makes its cache anew in an empty HOME, below XDG_CACHE_HOME or where it is told',
    () => {
      const emptied = run(['install'], { PATH: path, HOME: home });
      expect(emptied.stdout.trim()).toMatch(new RegExp(`^${home}/\\.cache/search-servers/es8-[0-9]+-[0-9]+$`));
      expect(readdirSync(emptied.stdout.trim()).sort()).toEqual(['classes', 'lib', 'modules', 'native']);
      const failing = { PATH: path, HOME: home, MVN: 'false' };
      const lookedAt = (env: Record<string, string>) => run(['install'], { ...failing, ...env }).stderr;
      expect(lookedAt({ XDG_CACHE_HOME: `${home}/xdg` })).toContain(`into ${home}/xdg/search-servers/es8-`);
      expect(lookedAt({ SEARCH_SERVERS_CACHE: `${home}/own` })).toContain(`into ${home}/own/es8-`);
      expect(run(['install'], failing)).toMatchObject({ code: 0, stdout: emptied.stdout });
    },
  );

  test('says what is missing, with exit code 4', () => {
    const bare = join(home, 'bin');
    mkdirSync(bare);
    for (const tool of [
      'dirname',
      'sed',
      'head',
      'readlink',
      'cat',
      'cksum',
      'tr',
      'mkdir',
      'tail',
      'rm',
      'flock',
      'bash',
    ]) {
      symlinkSync(execFileSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(bare, tool));
    }
    const cache = { SEARCH_SERVERS_CACHE: join(home, 'none') };
    expect(run(['install'], { PATH: bare, ...cache })).toMatchObject({ code: 4, stderr: saying('needs a JDK') });
    if (elasticsearch.skipped) return;
    expect(run(['install'], { PATH: path, MVN: 'no-such', ...cache })).toMatchObject({
      code: 4,
      stderr: saying('needs Maven'),
    });
    expect(run(['install'], { PATH: path, MVN: 'false', ...cache })).toMatchObject({
      code: 4,
      stderr: saying('not install'),
    });
  });

  test('refuses what it does not know, with exit code 2', () => {
    expect(run(['start', '--flavour'], { PATH: path })).toMatchObject({ code: 2, stderr: saying('unknown argument') });
    expect(run(['start', '--flavor', 'es5'], { PATH: path })).toMatchObject({ code: 2, stderr: saying('es5') });
    expect(run(['start', '--port'], { PATH: path })).toMatchObject({ code: 2, stderr: saying('needs a value') });
    expect(run([], { PATH: path })).toMatchObject({ code: 2, stderr: saying('elasticsearch.sh start') });
  });
});
