import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const [BATCHES, LINES] = [20, 500];

/** A client that asks and then never reads a byte of the answer. */
async function asksAndNeverReads(page: URL, request: string): Promise<void> {
  const socket = connect(Number(page.port), page.hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  await new Promise((resolve) => socket.write(request, resolve));
}

const changes = ({ host }: URL) => `GET /api/v1/changes HTTP/1.1\r\nhost: ${host}\r\n\r\n`;

/** Its answer is larger than the buffers on its way. */
const LARGE = JSON.stringify({ sql: 'SELECT _text FROM logs, range(100)', rows: 50_000 });
const JSON_TYPE = 'content-type: application/json';
const largeQuery = ({ host }: URL) =>
  `POST /api/v1/query HTTP/1.1\r\nhost: ${host}\r\n${JSON_TYPE}\r\ncontent-length: ${LARGE.length}\r\n\r\n${LARGE}`;

async function pageOf(running: RunningProcess): Promise<URL> {
  return new URL(/http:\/\/[^\s"\\]+/.exec(await running.line('page: '))?.[0] ?? '');
}

test('readers that stop reading change nothing that is delivered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-slow-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { in: { type: 'file', include: ['in.log'], format: 'ndjson', read_from: 'beginning' } },
    sinks: { out: { type: 'local', inputs: ['in'], page: { address: '127.0.0.1:0' } } },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  await writeFile(join(folder, 'in.log'), '');
  const running = await startTailrace(['run', 'pipeline.yaml'], { folder });
  const page = await pageOf(running);
  const stored = async (at: number) => {
    const status = await running.endpoint(`${page}api/v1/status`, {
      timeoutMs: 60_000,
      until: ({ body }) => JSON.parse(body).logs >= at,
    });
    return (JSON.parse(status.body) as { logs: number }).logs;
  };
  let written = 0;
  const write = async () => {
    const texts = Array.from(
      { length: LINES },
      (_, k) => `${JSON.stringify({ id: written + k, text: 'x'.repeat(200) })}\n`,
    );
    await appendFile(join(folder, 'in.log'), texts.join(''));
    written += LINES;
  };
  await write();
  expect(await stored(written)).toBe(written);
  const url = `${page}api/v1/query`;
  const large = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: LARGE });
  expect([large.status, (await large.text()).length > 8_000_000]).toEqual([200, true]);
  for (let k = 0; k < 6; k++) {
    await asksAndNeverReads(page, changes(page));
    await asksAndNeverReads(page, largeQuery(page));
  }
  for (let k = 1; k < BATCHES; k++) {
    await write();
    expect(await stored(written)).toBe(written);
  }
  running.signal('SIGTERM');
  expect((await running.exit()).code).toBe(0);
  const sql = `SELECT count(*), count(DISTINCT CAST(_text ->> '$.id' AS BIGINT)) FROM logs`;
  const answer = await runTailrace(['query', '--store', 'data/store.duckdb', '--format', 'json', sql], { folder });
  expect(JSON.parse(answer.stdout)).toMatchObject({ rows: [[written, written]] });
}, 180_000);
