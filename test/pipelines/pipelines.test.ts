import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runTailrace } from '../support/tailrace.ts';

const root = fileURLToPath(new URL('../../pipelines', import.meta.url));
const files = globSync('*/*.yaml', { cwd: root }).toSorted();
const testFiles = files.filter((file) => file.endsWith('.test.yaml'));
/** What the shipped pipelines want to be told. */
const env = { DD_API_KEY: 'key', OTLP_ENDPOINT: 'http://127.0.0.1:9' };
const pipelines = files.filter((file) => 'sources' in (parse(readFileSync(join(root, file), 'utf8')) as object));

describe('the shipped pipelines', () => {
  it('are found', () => {
    expect(pipelines).toContain(join('mirrord', 'elasticsearch.yaml'));
    expect(pipelines).toContain(join('mirrord', 'local.yaml'));
  });

  it.each(pipelines)('%s is valid', async (pipeline) => {
    const end = await runTailrace(['validate', join(root, pipeline)], { env });
    expect([end.stderr, end.code]).toEqual(['', 0]);
  });

  it.each(pipelines)('%s passes its tests', async (pipeline) => {
    const tests = testFiles.find((file) => file === pipeline.replace(/\.yaml$/, '.test.yaml'));
    expect(tests, `a file of tests beside ${pipeline} in ${dirname(pipeline)}`).toBeDefined();
    const end = await runTailrace(['test', join(root, pipeline), join(root, tests!)], { env });
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(end.stdout).toMatch(/[1-9]\d* passed, 0 failed/);
  });
});
