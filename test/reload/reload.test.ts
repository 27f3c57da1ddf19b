import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningProcess } from '@tailrace/testkit';
import { describe, expect, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';
import { faults, metric, replaceFile, type Target, target, until, writer } from './setting.ts';

const SOCKET = 'tailrace.sock';

/** What a version of the pipeline has that another one has not. */
interface Version {
  readonly index?: string;
  readonly source?: string;
  readonly inputs?: string;
  readonly more?: string;
}

const pipelineOf =
  (rest: string) =>
  (url: string, { index = 'logs', source = '', inputs = 'fields', more = '' }: Version = {}) =>
    `
data_dir: data
reload_timeout: 2s
metrics: { address: unix:${SOCKET} }
sources:
  app: { type: file, include: ['logs/app.log*'], format: ndjson, scan_interval: 200ms, ${source} }
transforms:
  fields: { type: fields, inputs: app, file: fields.yaml }
  odd: { type: filter, inputs: fields, condition: 'true' }
sinks:
  rest: { type: elasticsearch, inputs: odd, nodes: ['${rest}'], index: rest, template: { enabled: false }, max_wait: 50ms }
  out: { type: elasticsearch, inputs: ${inputs}, nodes: ['${url}'], index: ${index}, template: { enabled: false }, max_wait: 50ms }
${more}`;
const fields = (more = '') => `version: 1\nfields:\n  n: { type: long }\n${more}`;

/** A running pipeline with a second sink that never changes. */
async function started(to: Target, commandLine: readonly string[] = []) {
  const rest = await target();
  const pipeline = pipelineOf(rest.url);
  const files = { 'pipeline.yaml': pipeline(to.url), 'fields.yaml': fields(), 'logs/none': '' };
  const child = await startTailrace(['run', ...commandLine, 'pipeline.yaml'], { files });
  await child.endpoint('http://tailrace/readyz', {
    socketPath: join(child.folder, SOCKET),
    until: ({ status }) => status === 200,
  });
  return { child, rest, pipeline };
}

const ends = (child: RunningProcess, result: string) =>
  metric(child, SOCKET, 'tailrace_config_reloads_total', `"${result}"`);
/** The ledger of every edge: 0 where it holds. */
async function balances(child: RunningProcess): Promise<number[]> {
  const { body } = await child.endpoint('http://tailrace/metrics', { socketPath: join(child.folder, SOCKET) });
  return [...body.matchAll(/^tailrace_events_balance\{.*\} (\S+)$/gm)].map(([, value]) => Number(value));
}
const readyz = (child: RunningProcess) =>
  child.endpoint('http://tailrace/readyz', { socketPath: join(child.folder, SOCKET) });

/** Versions that differ in one thing each: a sink, a field file, a source, who reads whom, another sink. */
const VERSIONS: readonly (readonly [Version, string])[] = [
  [{ index: 'logs-1' }, fields()],
  [{ index: 'logs-1' }, fields('  level: { type: keyword }\n')],
  [{ index: 'logs-1', source: 'max_event_bytes: 512KiB' }, fields()],
  [{ index: 'logs-1', inputs: 'odd' }, fields()],
  [{ index: 'logs-2', more: "  also: { type: file, inputs: app, path: 'also.ndjson' }\n" }, fields()],
];

describe('a reload', () => {
  test('loses and doubles nothing in fifty of them under load', async () => {
    const to = await target();
    const { child, pipeline, rest } = await started(to);
    const lines = writer(join(child.folder, 'logs/app.log'), 4000);
    await until('the first lines', () => to.sent.size > 0);
    for (let k = 0; k < 50; k++) {
      const [version, fieldFile] = VERSIONS[k % VERSIONS.length]!;
      await replaceFile(child.folder, 'fields.yaml', fieldFile);
      await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url, version));
      child.signal('SIGHUP');
      await until(`reload ${k}`, async () => (await ends(child, 'applied')) === k + 1);
    }
    const count = await lines.stop();
    await until('the last line', () => to.sent.size >= count && rest.sent.size >= count);
    expect(await metric(child, SOCKET, 'tailrace_config_last_reload_successful')).toBe(1);
    expect(new Set(await balances(child))).toEqual(new Set([0]));
    child.signal('SIGTERM');
    const { code, stderr } = await child.exit();
    expect([code, stderr.match(/id_conflict|ledger/)]).toEqual([0, null]);
    expect(count).toBeGreaterThan(1000);
    expect(faults(to, count)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
    expect([...to.indices].toSorted()).toEqual(['logs', 'logs-1', 'logs-2']);
    // The other sink never changed: it has every line once, whatever went on beside it.
    expect(faults(rest, count)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
  }, 120_000);

  test('with a bad file changes nothing and says everything that is wrong', async () => {
    const to = await target();
    const { child, pipeline } = await started(to);
    await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url, { source: 'formatt: 1', more: 'colour: red\n' }));
    child.signal('SIGHUP');
    const line = await child.line('reload: the running pipeline goes on unchanged');
    for (const problem of ['sources.app.formatt: unknown option', 'colour: unknown key'])
      expect(line).toContain(problem);
    const { status, body } = await readyz(child);
    expect([status, body.split('\n')[0]]).toEqual([200, 'ready']);
    expect(body).toContain('reload: the running pipeline goes on unchanged: pipeline.yaml:6');
    expect(await metric(child, SOCKET, 'tailrace_config_last_reload_successful')).toBe(0);
    const lines = writer(join(child.folder, 'logs/app.log'));
    await until('lines', () => to.sent.size > 100);
    const count = await lines.stop();
    await until('the last line', () => to.sent.size >= count);

    await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url));
    child.signal('SIGHUP');
    await child.line('reload: nothing has changed');
    expect((await readyz(child)).body).toBe('ready\n');
    expect(await metric(child, SOCKET, 'tailrace_config_last_reload_successful')).toBe(1);
  });

  test('to a target that does not answer keeps the pipeline that works, and says why', async () => {
    const to = await target();
    const { child, pipeline } = await started(to);
    await replaceFile(child.folder, 'pipeline.yaml', pipeline('http://127.0.0.1:1', { index: 'elsewhere' }));
    const lines = writer(join(child.folder, 'logs/app.log'));
    child.signal('SIGHUP');
    const line = await child.line('reload: the changed pipeline did not become ready, so the earlier one runs on');
    expect(line).toContain('out: server_unreachable');
    const before = to.sent.size;
    await until('more lines', () => to.sent.size > before);
    const count = await lines.stop();
    await until('the last line', () => to.sent.size >= count);
    expect(faults(to, count)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
    expect([...to.indices]).toEqual(['logs']);
    expect(await ends(child, 'rolled_back')).toBe(1);
  });

  test('takes up what waits for a target that is gone', async () => {
    const [gone, to] = [await target(), await target()];
    const { child, pipeline } = await started(gone);
    const lines = writer(join(child.folder, 'logs/app.log'));
    await until('lines', () => gone.sent.size > 100);
    await gone.stop();
    await child.endpoint('http://tailrace/readyz', {
      socketPath: join(child.folder, SOCKET),
      until: ({ status }) => status === 503,
    });
    await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url));
    child.signal('SIGHUP');
    await child.line('reload: the changed pipeline runs');
    const count = await lines.stop();
    await until('the last line', () => new Set([...gone.sent.keys(), ...to.sent.keys()]).size >= count);
    child.signal('SIGTERM');
    const { code, stderr } = await child.exit();
    expect([code, stderr.includes('not delivered in time')]).toEqual([0, false]);
    expect([...gone.stored.values(), ...to.stored.values()].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
  });

  test.each([0, 40])('that a stop meets after %d ms leaves nothing out', async (delayMs) => {
    const to = await target();
    const { child, pipeline } = await started(to);
    const lines = writer(join(child.folder, 'logs/app.log'));
    await until('lines', () => to.sent.size > 100);
    await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url, { index: 'logs-1', source: 'read_from: end' }));
    child.signal('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    child.signal('SIGTERM');
    const { code, stderr } = await child.exit();
    expect([code, stderr.match(/"level":"error"|a bug|did not/)]).toEqual([0, null]);
    const count = await lines.stop();
    const rest = await startTailrace(['run', '--once', 'pipeline.yaml'], { folder: child.folder });
    expect((await rest.exit()).code).toBe(0);
    expect(faults(to, count)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
  });

  test('comes by itself with --watch: pipeline files, named files, replaced and written in place', async () => {
    const to = await target();
    const { child, pipeline } = await started(to, ['--watch']);
    await replaceFile(child.folder, 'fields.yaml', fields('  level: { type: keyword }\n'));
    await until('the first reload', async () => (await ends(child, 'applied')) === 1);
    await writeFile(join(child.folder, 'pipeline.yaml'), pipeline(to.url, { index: 'logs-1' }));
    await until('the second reload', async () => (await ends(child, 'applied')) === 2);
    await replaceFile(child.folder, 'pipeline.yaml', 'nonsense');
    await until('the refusal', async () => (await ends(child, 'refused')) === 1);
    await replaceFile(child.folder, 'pipeline.yaml', pipeline(to.url, { index: 'logs-2' }));
    await until('the third reload', async () => (await ends(child, 'applied')) === 3);
    const lines = writer(join(child.folder, 'logs/app.log'));
    await until('lines', () => to.sent.size > 0);
    await lines.stop();
    expect([...to.indices]).toEqual(['logs-2']);
  });
});
