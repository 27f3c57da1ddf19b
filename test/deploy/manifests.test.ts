import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finish } from '../packed/tarballs.ts';
import { root } from '../repository/workspace.ts';
import { serverOrSkip } from '../support/servers.ts';
import { runTailrace } from '../support/tailrace.ts';
import { chart, objectsOf, runHelm } from './chart.ts';
import { type ClusterObject, KUBERNETES_VERSIONS, schemaErrors } from './schemas.ts';
import { environmentOf, podOf, workloadOf, writePipeline } from './workload.ts';

const helm = await serverOrSkip('helm');
const manifests = path.join(root, 'deploy/manifests');
const rendered = ['agent.yaml', 'aggregator.yaml', 'mirrord.yaml'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-manifests-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (file: string) => objectsOf(await readFile(path.join(manifests, file), 'utf8'));

/** Lets `tailrace validate` look at the pipeline of a ConfigMap, in the environment of the container that runs it. */
async function validated(objects: readonly ClusterObject[], name: string) {
  const pipeline = await writePipeline(objects, path.join(folder, name));
  const env = environmentOf(podOf(workloadOf(objects)).containers[0]!);
  return await runTailrace(['validate', path.join(pipeline, 'pipeline/pipeline.yaml')], { env });
}

test('the folder holds these manifests and no others', async () => {
  const files = (await readdir(manifests)).filter((name) => name.endsWith('.yaml'));
  expect(files.toSorted()).toEqual([...rendered, 'namespace.yaml'].toSorted());
});

test.each([...rendered, 'namespace.yaml'])('Kubernetes knows every member of %s', async (file) => {
  const objects = await read(file);
  expect(objects.length).toBeGreaterThan(0);
  for (const version of KUBERNETES_VERSIONS) {
    expect(objects.flatMap((object) => schemaErrors(object, version))).toEqual([]);
  }
});

test.each(rendered)('the pipeline in %s is valid', async (file) => {
  const { stdout, stderr, code } = await validated(await read(file), file);
  expect([code, stdout + stderr]).toEqual([0, expect.any(String)]);
});

test('a pipeline that is wrong would be found', async () => {
  const objects = await read('agent.yaml');
  const wrong = JSON.parse(JSON.stringify(objects).replaceAll('type: unpack', 'type: unpak')) as ClusterObject[];
  expect((await validated(wrong, 'wrong')).code).toBe(78);
});

describe.skipIf(helm.skipped)('the manifests and the chart', () => {
  test('the manifests are what the chart renders: deploy/manifests/render.sh', async () => {
    const fresh = path.join(folder, 'fresh');
    await mkdir(fresh);
    const settings = ['HELM_CONFIG_HOME', 'HELM_CACHE_HOME', 'HELM_DATA_HOME'].map((name) => `${name}=${folder}`);
    const script = path.join(manifests, 'render.sh');
    const { status, stderr } = await finish('env', [...settings, `HELM=${helm.program}`, script, fresh], root);
    expect(status, stderr).toBe(0);
    for (const file of rendered) {
      expect(await readFile(path.join(manifests, file), 'utf8')).toBe(await readFile(path.join(fresh, file), 'utf8'));
    }
  });

  // The other files have the presets that stand in the manifests.
  test.each(['datadog', 'own-pipeline', 'aggregator-stateless'])(
    'the pipeline that the chart makes of %s is valid',
    async (file) => {
      const options = ['--kube-version', '1.37.0', '-f', path.join(chart, 'ci', `${file}-values.yaml`)];
      const { stdout } = await runHelm(helm.program, ['template', 'logs', chart, ...options], folder);
      const result = await validated(objectsOf(stdout), file);
      expect([result.code, result.stdout + result.stderr]).toEqual([0, expect.any(String)]);
    },
  );

  test.each([
    ['mirrord/otlp', 'agent'],
    ['mirrord/metrics-otlp', 'aggregator'],
    ['mirrord/metrics-datadog', 'aggregator'],
    ['nginx/elasticsearch', 'agent'],
  ])('the preset %s is valid', async (preset, role) => {
    const sets = [
      'image.repository=r',
      `role=${role}`,
      `pipeline.preset=${preset}`,
      'env.OTLP_ENDPOINT=http://collector:4318',
    ];
    const options = ['--kube-version', '1.37.0', ...sets.flatMap((one) => ['--set', one])];
    const { stdout } = await runHelm(helm.program, ['template', 'logs', chart, ...options], folder);
    const result = await validated(objectsOf(stdout), preset);
    expect([result.code, result.stdout + result.stderr]).toEqual([0, expect.any(String)]);
  });
});
