import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { FoundEvents, OneEvent, Status } from '@tailrace/local';
import type { RunningProcess } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { MARKUP, markedPipeline } from '../support/marked-pipeline.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const run = promisify(execFile);
const curl = await serverOrSkip('curl');
/** Of a shell that has curl. */
const env = { ...process.env, PATH: `${dirname(curl.program)}${delimiter}${process.env['PATH'] ?? ''}` };

/** The page's URL without its last slash, as the process says it. */
async function pageOf(running: RunningProcess): Promise<string> {
  return (await running.line('page: ')).match(/https?:\/\/[^\s"\\]+?(?=\/?[\s"\\])/)?.[0] ?? '';
}

/** Local addresses of the TCP sockets that a process listens on, as /proc/net/tcp has them. */
function listening(pid: number): string[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined;
    }
  });
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, local = '', , state, , , , , , inode]) =>
        state === '0A' && inode !== undefined && inodes.includes(inode) ? [local] : [],
      ),
  );
}

const hexPort = (url: string) => Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');

describe('a pipeline with the sink local', () => {
  let running: RunningProcess;
  let page: string;
  beforeAll(async () => {
    running = await startTailrace(['run', 'pipeline.yaml'], {
      files: markedPipeline({ address: '127.0.0.1:0' }),
      keep: true,
    });
    page = await pageOf(running);
    await running.endpoint(`${page}/api/v1/status`, { until: ({ body }) => JSON.parse(body).logs > 100 });
  });
  afterAll(() => running.dispose());

  it('listens on loopback and on nothing else', () => {
    expect(listening(running.pid)).toEqual([`0100007F:${hexPort(page)}`]);
  });

  it('hands fields with markup out as text', async () => {
    const where = encodeURIComponent(JSON.stringify([{ field: 'fields.client_user', is: MARKUP }]));
    const url = `${page}/api/v1/events?from=0&to=${Date.now() + 60_000}&where=${where}&columns=fields.client_user`;
    const found = async () => {
      const response = await fetch(url);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      return ((await response.json()) as FoundEvents).events;
    };
    await expect.poll(found, { timeout: 30_000 }).toHaveLength(1);
    const [first] = await found();
    expect(first?.cells).toEqual([MARKUP]);
    const event = (await (await fetch(`${page}/api/v1/events/${first?.key}`)).json()) as OneEvent;
    expect(event.source).toMatchObject({ component: 'markup', offset: 0, sub: 0 });
    expect(event.source.label).toMatch(/markup\.log$/);
    expect(event.fields).toContainEqual({ path: 'fields.client_user', type: 'keyword', value: MARKUP });
  });

  it('goes on storing while clients do not read what they asked for', async () => {
    const { hostname, port } = new URL(page);
    const sql = JSON.stringify({ sql: `SELECT range, '${'x'.repeat(500)}' FROM range(20000)`, rows: 20_000 });
    const heads = [
      'GET /api/v1/changes HTTP/1.1\r\nhost: localhost\r\n\r\n',
      `POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${sql.length}\r\n\r\n${sql}`,
    ];
    const deaf = Array.from({ length: 20 }, (_, client) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(heads[client % 2] ?? '');
      return socket;
    });
    onTestFinished(() => {
      for (const socket of deaf) socket.destroy();
    });
    const logs = async () => ((await (await fetch(`${page}/api/v1/status`)).json()) as Status).logs;
    const before = await logs();
    await expect.poll(logs, { timeout: 30_000 }).toBeGreaterThan(before + 10);
  });

  const examples = [...readFileSync(join(root, 'docs/api.md'), 'utf8').matchAll(/```sh\n(.*?)```/gs)].map(
    ([, text = '']) => text,
  );

  it.skipIf(curl.skipped).each(examples)('answers as docs/api.md shows it: %s', async (example) => {
    const script = `set -eu\n${example.replaceAll('http://127.0.0.1:9600', page)}`;
    const { stdout } = await run('sh', ['-c', script], { cwd: running.folder, timeout: 20_000, env });
    expect(stdout.length).toBeGreaterThan(20);
    expect(stdout.startsWith('{"error"'), stdout.slice(0, 500)).toBe(false);
    // Nothing that was made up: each asks for something that is there.
    expect(stdout).not.toMatch(/"(rows|events|values)":\[\]/);
  });
});

test.skipIf(curl.skipped)('a page for others asks for the token, and listens where it was told to', async () => {
  const token = 'a-token-of-some-length';
  const { folder, ...running } = await startTailrace(['run', 'pipeline.yaml'], {
    files: markedPipeline({ address: '0.0.0.0:0', token }),
  });
  const page = await pageOf(running as RunningProcess);
  expect(listening(running.pid)).toEqual([`00000000:${hexPort(page)}`]);
  const own = page.replace('0.0.0.0', '127.0.0.1');
  const statusOf = async (headers: Record<string, string> = {}) =>
    (await fetch(`${own}/api/v1/status`, { headers })).status;
  expect(await statusOf()).toBe(401);
  expect(await statusOf({ authorization: 'Bearer a-token-of-some-lengtH' })).toBe(401);
  expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(200);
  expect(running.stderr() + running.stdout()).not.toContain(token);
  const { stdout } = await run(
    curl.program,
    ['-s', '--unix-socket', '.tailrace/store.duckdb.sock', 'http://x/api/v1/status'],
    {
      cwd: folder,
    },
  );
  expect(JSON.parse(stdout).component).toBe('store');
});

test('a page can be on IPv6', async () => {
  const running = await startTailrace(['run', 'pipeline.yaml'], { files: markedPipeline({ address: '[::1]:0' }) });
  const page = await pageOf(running);
  expect(page).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${page}/api/v1/status`)).status).toBe(200);
  expect(listening(running.pid)).toEqual([`00000000000000000000000001000000:${hexPort(page)}`]);
});
