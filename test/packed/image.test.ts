import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  bulkAnswer,
  elasticsearchScript,
  freePort,
  type RunningProcess,
  type ScriptedServer,
  scriptedServer,
} from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { chart, objectsOf, runHelm } from '../deploy/chart.ts';
import type { ClusterObject } from '../deploy/schemas.ts';
import { type PodSpec, podOf, workloadOf } from '../deploy/workload.ts';
import { root } from '../repository/workspace.ts';
import { serverOrSkip } from '../support/servers.ts';
import {
  configOf,
  containersMissing,
  libraries,
  type Node,
  onNode,
  type Play,
  packagesIn,
  place,
  playContainer,
  writeVolume,
} from './empty-root.ts';
import { finish } from './tarballs.ts';

/** What the image may weigh without its base, unpacked, in MB. More than half of it is Node, a third DuckDB. */
const BUDGET = 260;
/** The libraries that the base (distroless cc) has. */
const BASE = /^(?:ld-linux.*|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libgomp)\.so\.\d+$/;

const missing = await containersMissing();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);
if (missing !== undefined) console.warn(`SKIPPED: the image cannot be tried here: ${missing}`);
const helm = await serverOrSkip('helm');

let folder: string;
let image: string;
let printed: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-image-'));
  image = path.join(folder, 'image');
  const { status, stdout, stderr } = await finish(
    path.join(root, 'deploy/image/make-root.sh'),
    ['--built', image],
    root,
  );
  if (status !== 0) throw new Error(stderr);
  printed = stdout;
  console.info(printed);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the files of the image', () => {
  test('the script prints how large they are, and they keep to their budget', () => {
    const size = Number(/^(\d+)\s+in all$/m.exec(printed)?.[1]);
    expect(size).toBeGreaterThan(50);
    expect(size).toBeLessThan(BUDGET);
  });

  test('hold nothing that only people, compilers or tests read', async () => {
    const { stdout } = await finish('find', [image, '-type', 'f'], folder);
    const files = stdout.split('\n').map((file) => file.slice(image.length));
    expect(files.filter((file) => /\.[cm]?ts$|\.map$|\/README\.md$|\.test\.[cm]?js$/i.test(file))).toEqual([]);
    expect(files.filter((file) => !/^(?:\/opt\/tailrace\/|\/usr\/local\/bin\/|$)/.test(file))).toEqual([]);
  });

  test('hold only packages of the lockfile, and none that is needed for development', async () => {
    const lockfile = await readFile(path.join(root, 'pnpm-lock.yaml'), 'utf8');
    const packages = await packagesIn(image);
    expect(packages.length).toBeGreaterThan(30);
    expect(
      packages.filter((name) => !lockfile.includes(`\n  '${name}':`) && !lockfile.includes(`\n  ${name}:`)),
    ).toEqual([]);
    expect(
      packages.filter((name) =>
        /^(?:vitest|typescript|turbo|tsup|esbuild|fast-check|@biomejs\/|@tailrace\/testkit)/.test(name),
      ),
    ).toEqual([]);
  });

  test('no link leads out of it', async () => {
    const { stdout } = await finish('find', [image, '-type', 'l', '-printf', '%l\\n'], folder);
    const absolute = stdout.split('\n').filter((target) => target.startsWith('/'));
    expect(absolute).toEqual(['/opt/tailrace/dist/main.js']);
  });

  test('Node needs only libraries that the base has', async () => {
    const names = (await libraries(path.join(image, 'usr/local/bin/node'))).map((file) => path.basename(file));
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !BASE.test(name))).toEqual([]);
  });
});

describe.skipIf(missing !== undefined)('the image as a pod runs it, in an empty root', () => {
  const OPERATOR = `/var/log/pods/shop_web-1_5d5e/web/0.log`;
  const LINK = `/var/log/containers/web-1_shop_web-${'a1'.repeat(32)}.log`;
  let objects: ClusterObject[];
  let node: Node;
  let count = 0;

  beforeAll(async () => {
    objects = objectsOf(await readFile(path.join(root, 'deploy/manifests/agent.yaml'), 'utf8'));
  });

  /** A node with one container's log, root's as the kubelet leaves it, and the volumes of the pod. */
  async function freshNode(of: readonly ClusterObject[] = objects): Promise<PodSpec> {
    node = { folder: path.join(folder, `pod-${count++}`), image };
    await place(onNode(node, OPERATOR), '', 0o640);
    await finish('mkdir', ['-p', path.dirname(onNode(node, LINK))], folder);
    await finish('ln', ['-s', OPERATOR, onNode(node, LINK)], folder);
    await writeVolume(path.join(node.folder, 'volumes/pipeline'), configOf(of), 0o644);
    await writeVolume(path.join(node.folder, 'volumes/secret-elasticsearch'), { api_key: 'c2VjcmV0OmtleQ==\n' }, 0o440);
    return podOf(workloadOf(of));
  }

  async function play(pod: PodSpec, options: Play = {}, container = pod.containers[0]!): Promise<RunningProcess> {
    const running = await playContainer(node, pod, container, options);
    onTestFinished(() => running.dispose());
    return running;
  }

  async function elasticsearch(): Promise<ScriptedServer> {
    const server = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request)));
    onTestFinished(() => server.stop());
    return server;
  }

  const line = (text: string) => `2026-11-20T10:00:00.5Z stdout F ${text}\n`;
  const append = (text: string) =>
    finish('sh', ['-c', 'printf %s "$1" >> "$2"', 'sh', line(text), onNode(node, OPERATOR)], folder);
  const bulks = ({ requests }: ScriptedServer) => requests.map(({ text }) => text).join('');
  const script = (text: string): Play => ({ command: ['/usr/local/bin/node', '-e', text] });

  test('an agent reads, delivers, takes over a changed ConfigMap, stops in time and goes on where it was', async () => {
    const server = await elasticsearch();
    const pod = await freshNode();
    const port = await freePort();
    const env = { ELASTICSEARCH_URL: server.url, METRICS_ADDRESS: `0.0.0.0:${port}` };
    await append('{"level":"INFO","message":"first"}');
    const agent = await play(pod, { env });
    await agent.endpoint(`http://127.0.0.1:${port}/healthz`, { until: ({ status }) => status === 200 });
    await agent.endpoint(`http://127.0.0.1:${port}/readyz`, { until: ({ status }) => status === 200 });
    await expect.poll(() => bulks(server), { timeout: 20_000 }).toContain('"message":"first"');
    expect(bulks(server)).toContain('"pod_name":"web-1"');
    expect(bulks(server)).toContain('kubernetes-2026.11.20');

    const changed = (configOf(objects)['pipeline.yaml'] ?? '').replace(
      'INDEX_PREFIX:-kubernetes',
      'INDEX_PREFIX:-turned',
    );
    await writeVolume(path.join(node.folder, 'volumes/pipeline'), { 'pipeline.yaml': changed }, 0o644);
    await agent.line('reload: the changed pipeline runs');
    await append('{"level":"INFO","message":"second"}');
    await expect.poll(() => bulks(server), { timeout: 20_000 }).toContain('turned-2026.11.20');

    agent.signal('SIGTERM');
    const { code } = await agent.exit(pod.terminationGracePeriodSeconds * 1000);
    expect(code, agent.stderr()).toBe(0);

    const before = server.requests.length;
    await append('{"level":"INFO","message":"third"}');
    await play(pod, { env });
    await expect.poll(() => bulks(server), { timeout: 20_000 }).toContain('"message":"third"');
    const again = server.requests
      .slice(before)
      .map(({ text }) => text)
      .join('');
    expect(again).not.toMatch(/"message":"(?:first|second)"/);
  });

  test('it has no capability, and can write to nothing but its own folder', async () => {
    const pod = await freshNode();
    const folders = [
      '/',
      '/opt/tailrace',
      '/usr/local/bin',
      '/etc/tailrace/pipeline',
      '/var/log',
      '/tmp',
      '/var/lib/tailrace',
    ];
    const { stdout, stderr } = await (
      await play(
        pod,
        script(`
          const fs = require('node:fs');
          const write = (folder) => { try { fs.writeFileSync(folder + '/x', ''); return 'written'; } catch (error) { return error.code; } };
          const capabilities = /CapEff:\\s+0+$/m.test(fs.readFileSync('/proc/self/status', 'utf8')) ? 'none' : 'some';
          console.log(JSON.stringify([process.getuid(), capabilities, ...${JSON.stringify(folders)}.map(write)]));
        `),
      )
    ).exit();
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([0, 'none', ...folders.slice(1).map(() => 'EROFS'), 'written']);
  });

  describe.skipIf(helm.skipped)('with the settings of the chart', () => {
    async function rendered(...sets: string[]): Promise<ClusterObject[]> {
      const settings = ['image.repository=r', ...sets].flatMap((one) => ['--set', one]);
      const { stdout, stderr } = await runHelm(
        helm.program,
        ['template', 'logs', chart, '--kube-version', '1.37.0', ...settings],
        folder,
      );
      return stdout === '' ? expect.fail(stderr) : objectsOf(stdout);
    }

    test.each([
      // [settings, owner, mode, readable]
      [[], 0, '640', true],
      [[], 0, '600', true],
      [[], 1000, '600', false],
      [['agent.readForeignFiles=true'], 1000, '600', true],
      [['agent.runAsNonRoot=true'], 0, '640', true],
      [['agent.runAsNonRoot=true'], 0, '600', false],
    ] as const)('%j: a log of user %i with mode %s can be read: %s', async (sets, owner, mode, isReadable) => {
      const pod = await freshNode(await rendered(...sets));
      await place(onNode(node, OPERATOR), 'text', Number.parseInt(mode, 8), owner, owner);
      const read = script(
        `try { console.log(require('node:fs').readFileSync('${LINK}', 'utf8')) } catch (error) { console.log(error.code) }`,
      );
      const { stdout, stderr } = await (await play(pod, read)).exit();
      expect([stdout.trim(), stderr]).toEqual([isReadable ? 'text' : 'EACCES', '']);
    });

    test('an agent that is not root has its folder from the init container, and its secrets', async () => {
      const pod = await freshNode(await rendered('agent.runAsNonRoot=true'));
      const look = script(`
        const fs = require('node:fs');
        const attempt = (what) => { try { return what() ?? 'done'; } catch (error) { return error.code; } };
        console.log(JSON.stringify([
          process.getuid(),
          attempt(() => fs.writeFileSync('/var/lib/tailrace/x', '')),
          attempt(() => fs.readFileSync('/etc/tailrace/secrets/elasticsearch/api_key', 'utf8').trim()),
        ]));
      `);
      const seen = async () => JSON.parse((await (await play(pod, look)).exit()).stdout) as unknown;
      expect(await seen()).toEqual([65532, 'EACCES', 'c2VjcmV0OmtleQ==']);
      const { code, stderr } = await (await play(pod, {}, pod.initContainers?.[0])).exit();
      expect([code, stderr]).toEqual([0, '']);
      expect(await seen()).toEqual([65532, 'done', 'c2VjcmV0OmtleQ==']);
    });

    test('an aggregator answers when the records are on the volume, with Elasticsearch away, and delivers them after a restart', async () => {
      const server = await elasticsearch();
      server.play(() => ({ status: 503 }));
      const of = await rendered('role=aggregator');
      const pod = await freshNode(of);
      const [port, otlp, grpc] = [await freePort(), await freePort(), await freePort()];
      const pipeline = (configOf(of)['pipeline.yaml'] ?? '').replace(':4318', `:${otlp}`).replace(':4317', `:${grpc}`);
      await writeVolume(path.join(node.folder, 'volumes/pipeline'), { 'pipeline.yaml': pipeline }, 0o644);
      await writeVolume(
        path.join(node.folder, 'volumes/secret-elasticsearch'),
        { api_key: 'c2VjcmV0OmtleQ==\n' },
        0o440,
        65532,
      );
      // What the kubelet does for fsGroup.
      await place(path.join(node.folder, 'volumes/data'), null, 0o2775, 0, pod.securityContext.fsGroup);
      const env = { ELASTICSEARCH_URL: server.url, METRICS_ADDRESS: `0.0.0.0:${port}` };
      const aggregator = await play(pod, { env });
      await aggregator.endpoint(`http://127.0.0.1:${port}/healthz`, { until: ({ status }) => status === 200 });
      const body = JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'kept' } }] }] }],
      });
      const send = () =>
        fetch(`http://127.0.0.1:${otlp}/v1/logs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
      await expect.poll(async () => (await send().catch(() => null))?.status, { timeout: 20_000 }).toBe(200);
      await aggregator.endpoint(`http://127.0.0.1:${port}/readyz`, { until: ({ status }) => status === 503 });
      await aggregator.kill();

      server.play(elasticsearchScript((request) => bulkAnswer(request)));
      await play(pod, { env });
      await expect.poll(() => bulks(server), { timeout: 20_000 }).toContain('"body":"kept"');
    });
  });

  test('the store with DuckDB works in it', async () => {
    const pod = await freshNode();
    const pipeline = `
data_dir: /var/lib/tailrace
metrics: { enabled: false }
sources: { app: { type: file, include: [/var/log/pods/**/*.log] } }
sinks: { store: { type: local, inputs: app } }
`;
    await writeVolume(path.join(node.folder, 'volumes/pipeline'), { 'pipeline.yaml': pipeline }, 0o644);
    await append('into the store');
    const once = await (
      await play(pod, { command: ['/usr/local/bin/tailrace', 'run', '--once', '/etc/tailrace/pipeline/pipeline.yaml'] })
    ).exit();
    expect(once.code, once.stderr).toBe(0);
    const query = [
      '/usr/local/bin/tailrace',
      'query',
      '--store',
      '/var/lib/tailrace/store.duckdb',
      'SELECT _text FROM logs',
    ];
    const { stdout, stderr } = await (await play(pod, { command: query })).exit();
    expect(stdout, stderr).toContain('into the store');
  });
});
