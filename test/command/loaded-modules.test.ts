import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

// Writes the URL of every module that the process loads, and the names of Node's own parts.
const RECORDER = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync('modules.txt', url + '\\n');
    return next(url, context);
  },
});
process.on('exit', () => appendFileSync('modules.txt', process.moduleLoadList.join('\\n') + '\\n'));
`;

/** The modules that a run of the pipeline loads, as URLs, and Node's parts. */
async function loadedBy(commandLine: string[], sink: string): Promise<string[]> {
  const pipeline = `
data_dir: data
metrics: { enabled: false }
sources:
  input: { type: stdin }
sinks:
  output: { inputs: input, ${sink} }
`;
  const running = await startTailrace(commandLine, {
    files: { 'p.yaml': pipeline, 'recorder.mjs': RECORDER },
    env: { NODE_OPTIONS: '--import ./recorder.mjs' },
  });
  running.write('', true);
  const { code, stderr } = await running.exit();
  expect(code, stderr).toBe(0);
  return readFileSync(join(running.folder, 'modules.txt'), 'utf8').split('\n').slice(0, -1);
}

// Node brings an undici of its own, which an `import` of node:http loads.
const HEAVY = /\/@elastic\/|\/undici\/|\/apache-arrow\/|\/@duckdb\//;

describe('heavy libraries', () => {
  test('a pipeline to standard output loads none', async () => {
    const modules = await loadedBy(['run', '--once', 'p.yaml'], 'type: stdout');
    expect(modules.filter((url) => url.includes('/packages/std/'))).not.toEqual([]);
    expect(modules.filter((url) => HEAVY.test(url) || /\/packages\/(elasticsearch|local)\//.test(url))).toEqual([]);
  });

  test('a pipeline to Elasticsearch loads its client', async () => {
    const modules = await loadedBy(['validate', 'p.yaml'], "type: elasticsearch, nodes: ['http://127.0.0.1:1']");
    expect(modules.filter((url) => url.includes('/@elastic/'))).not.toEqual([]);
  });

  test('a pipeline to Datadog loads neither its API client nor another HTTP client', async () => {
    const modules = await loadedBy(
      ['run', '--once', 'p.yaml'],
      "type: datadog_logs, api_key: k, url: 'http://127.0.0.1:1'",
    );
    expect(modules.filter((url) => url.includes('/packages/datadog/'))).not.toEqual([]);
    expect(modules.filter((url) => HEAVY.test(url) || url.includes('/@datadog/'))).toEqual([]);
  });

  test('a pipeline over OTLP loads gRPC only when it is used', async () => {
    const grpc = (modules: string[]) => modules.filter((url) => url.includes('/@grpc/'));
    expect(grpc(await loadedBy(['validate', 'p.yaml'], 'type: otlp'))).toEqual([]);
    expect(grpc(await loadedBy(['validate', 'p.yaml'], 'type: otlp, protocol: grpc'))).not.toEqual([]);
  });

  test('a pipeline to the local store loads DuckDB only when it runs', async () => {
    const sink = 'type: local, page: { enabled: false }';
    const duckdb = (modules: string[]) => modules.filter((url) => url.includes('/@duckdb/'));
    expect(duckdb(await loadedBy(['validate', 'p.yaml'], sink))).toEqual([]);
    expect(duckdb(await loadedBy(['run', '--once', 'p.yaml'], sink))).not.toEqual([]);
  });

  test('help loads neither the runner nor a plugin', async () => {
    const modules = await loadedBy(['--help'], 'type: stdout');
    expect(modules.filter((url) => /\/packages\/(?!cli\/)/.test(url))).toEqual([]);
  });
});
