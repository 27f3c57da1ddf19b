import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { certificateAuthority } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { serverOrSkip } from '../support/servers.ts';
import { runTailrace } from '../support/tailrace.ts';
import { chart, objectsOf, runHelm } from './chart.ts';
import { schemaErrors } from './schemas.ts';

const helm = await serverOrSkip('helm');
const guides = ['coming-from-fluent-bit.md', 'coming-from-fluentd.md', 'coming-from-vector.md'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The YAML blocks of a page that begin with `# name`. */
async function blocks(page: string, name: string): Promise<string[]> {
  const text = await readFile(path.join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/^```yaml\n# (\S+)\n(.*?)^```$/gms)].flatMap(([, is, block]) =>
    is === name ? [block!] : [],
  );
}

/** Writes the page's pipeline, its tests and the secrets that it names into a folder; gives the pipeline's file. */
async function written(page: string): Promise<string> {
  const home = path.join(folder, page);
  const [pipeline, ...others] = await blocks(page, 'pipeline.yaml');
  expect([typeof pipeline, others]).toEqual(['string', []]);
  for (const [, name, key] of pipeline!.matchAll(/\/etc\/tailrace\/secrets\/([\w-]+)\/([\w.-]+)/g)) {
    const secret = path.join(home, 'secrets', name!, key!);
    await mkdir(path.dirname(secret), { recursive: true });
    await writeFile(secret, key === 'ca.crt' ? certificateAuthority().certificate : 'c2VjcmV0OmtleQ==c2VjcmV0\n');
  }
  await mkdir(home, { recursive: true });
  for (const tests of await blocks(page, 'pipeline.test.yaml'))
    await writeFile(path.join(home, 'pipeline.test.yaml'), tests);
  const file = path.join(home, 'pipeline.yaml');
  await writeFile(file, pipeline!.replaceAll('/etc/tailrace/', `${home}/`));
  return file;
}

test('the pipeline of docs/kubernetes.md is valid', async () => {
  const { code, stdout, stderr } = await runTailrace(['validate', await written('kubernetes.md')]);
  expect([code, stdout + stderr]).toEqual([0, expect.any(String)]);
});

test.each(guides)('the pipeline of docs/%s does what its tests say', async (page) => {
  const file = await written(page);
  const { code, stdout, stderr } = await runTailrace(['test', file]);
  expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/^[1-9]\d* passed, 0 failed$/m)]);
});

describe.skipIf(helm.skipped)('the values of docs/kubernetes.md', () => {
  test('are values of the chart', async () => {
    const found = await blocks('kubernetes.md', 'values.yaml');
    expect(found.length).toBe(2);
    for (const values of found) {
      const file = path.join(folder, 'values.yaml');
      await writeFile(file, values);
      const args = ['template', 'tailrace', chart, '-n', 'tailrace', '--kube-version', '1.37.0', '-f', file];
      const { status, stdout, stderr } = await runHelm(helm.program, args, folder);
      expect(status, stderr).toBe(0);
      expect(objectsOf(stdout).flatMap((object) => schemaErrors(object, '1.37'))).toEqual([]);
    }
  });

  test('the presets are those of the chart', async () => {
    const text = await readFile(path.join(root, 'docs/kubernetes.md'), 'utf8');
    const rows = text.matchAll(/^\| (`(?:containers|aggregator|[a-z-]+\/[a-z-]+)`[^|]*)\| (agent|aggregator) \|/gm);
    const presets = [...rows].flatMap(([, names, role]) =>
      [...names!.matchAll(/`([a-z/-]+)`/g)].map(([, name]) => [name!, role!] as const),
    );
    expect(presets.length).toBeGreaterThan(5);
    for (const [preset, role] of presets) {
      const sets = ['--set', `image.repository=r,role=${role},pipeline.preset=${preset}`];
      const { status, stderr } = await runHelm(
        helm.program,
        ['template', chart, '--kube-version', '1.37.0', ...sets],
        folder,
      );
      expect(status, stderr).toBe(0);
    }
  });
});
