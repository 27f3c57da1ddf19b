import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readManifest, root } from '../repository/workspace.ts';
import { serverOrSkip } from '../support/servers.ts';
import { chart, objectsOf, runHelm, valueFiles } from './chart.ts';
import { type ClusterObject, KUBERNETES_VERSIONS, schemaErrors } from './schemas.ts';
import { podOf, workloadOf } from './workload.ts';

const helm = await serverOrSkip('helm');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-chart-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runHelm(helm.program, args, folder);

async function render(...options: string[]): Promise<ClusterObject[]> {
  const { status, stdout, stderr } = await run(
    'template',
    'logs',
    chart,
    '-n',
    'logging',
    '--kube-version',
    '1.37.0',
    ...options,
  );
  expect(status, stderr).toBe(0);
  return objectsOf(stdout);
}

const values = (name: string): string[] => ['-f', path.join(chart, 'ci', `${name}-values.yaml`)];
const agent = (...settings: string[]) => render(...values('agent'), ...settings.flatMap((one) => ['--set', one]));
const kinds = (objects: ClusterObject[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
const specOf = (objects: ClusterObject[], kind: string) =>
  objects.find((object) => object.kind === kind)?.['spec'] as Record<string, unknown>;

describe.skipIf(helm.skipped)('the chart', () => {
  test.each(valueFiles)('%s: helm lint finds nothing, and Kubernetes knows every member', async (file) => {
    const lint = await run('lint', '--strict', chart, '-f', path.join(chart, 'ci', file));
    expect(lint.status, lint.stdout).toBe(0);
    const objects = await render('-f', path.join(chart, 'ci', file));
    for (const version of KUBERNETES_VERSIONS) {
      expect(objects.flatMap((object) => schemaErrors(object, version))).toEqual([]);
    }
  });

  test('a misspelt member would be found', async () => {
    const workload = workloadOf(await agent());
    const wrong = JSON.parse(JSON.stringify(workload).replace('"readOnlyRootFilesystem"', '"readonlyRootFilesystem"'));
    expect(schemaErrors(wrong, '1.37').join('\n')).toContain('additional properties: readonlyRootFilesystem');
  });

  test('an agent is a DaemonSet that reads the logs of its node and can change nothing there but its own folder', async () => {
    const objects = await agent();
    expect(kinds(objects)).toEqual([
      'ConfigMap logs-tailrace',
      'DaemonSet logs-tailrace',
      'NetworkPolicy logs-tailrace',
      'Service logs-tailrace-metrics',
      'ServiceAccount logs-tailrace',
    ]);
    // A path in the repository, for editors of the chart's own pipelines.
    expect(JSON.stringify(objects)).not.toContain('yaml-language-server');
    const pod = podOf(workloadOf(objects));
    expect(pod['tolerations']).toEqual([{ operator: 'Exists' }]);
    expect(pod['automountServiceAccountToken']).toBe(false);
    expect(pod.securityContext).toEqual({ runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } });
    const [container] = pod.containers;
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const paths = Object.fromEntries(pod.volumes.map(({ name, hostPath }) => [name, hostPath?.path]));
    const mounts = container?.volumeMounts.filter(({ name }) => paths[name] !== undefined);
    expect(mounts?.map(({ name, mountPath, readOnly }) => [paths[name], mountPath, readOnly ?? false])).toEqual([
      ['/var/lib/tailrace/logging-logs-tailrace', '/var/lib/tailrace', false],
      ['/var/log', '/var/log', true],
      ['/var/lib/docker/containers', '/var/lib/docker/containers', true],
    ]);
    expect(container?.env?.find(({ name }) => name === 'NODE_NAME')).toEqual({
      name: 'NODE_NAME',
      valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
    });
    expect(container?.['resources']).toEqual({
      requests: { cpu: '100m', memory: '192Mi' },
      limits: { memory: '512Mi' },
    });
  });

  test('the probes ask where the pipeline listens', async () => {
    const objects = await agent('metrics.port=9700');
    const [container] = podOf(workloadOf(objects)).containers;
    const probe = (name: string) => (container![name] as { httpGet: object }).httpGet;
    expect(probe('startupProbe')).toEqual({ path: '/healthz', port: 'metrics' });
    expect(probe('livenessProbe')).toEqual({ path: '/healthz', port: 'metrics' });
    expect(probe('readinessProbe')).toEqual({ path: '/readyz', port: 'metrics' });
    expect(container?.ports).toEqual([{ name: 'metrics', containerPort: 9700 }]);
    expect(container?.env?.find(({ name }) => name === 'METRICS_ADDRESS')?.value).toBe('0.0.0.0:9700');
  });

  test('numbers of env keep their digits, texts and truths are what they are', async () => {
    const file = path.join(folder, 'env.yaml');
    await writeFile(file, 'env: { BYTES: 2147483648, SHARE: 0.25, ZERO: "007", SURE: true }\n');
    const [container] = podOf(workloadOf(await render(...values('agent'), '-f', file))).containers;
    const given = container?.env?.filter(({ name }) => ['BYTES', 'SHARE', 'ZERO', 'SURE'].includes(name));
    expect(Object.fromEntries(given!.map(({ name, value }) => [name, value]))).toEqual({
      BYTES: '2147483648',
      SHARE: '0.25',
      ZERO: '007',
      SURE: 'true',
    });
  });

  test('an agent that is not root gets the group of the logs, and its folder from an init container', async () => {
    const pod = podOf(workloadOf(await render(...values('agent-non-root'))));
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      supplementalGroups: [0],
    });
    expect(pod.initContainers?.[0]?.securityContext).toMatchObject({
      runAsUser: 0,
      capabilities: { drop: ['ALL'], add: ['CHOWN'] },
    });
    expect(pod.containers[0]?.image).toMatch(/^registry\.example\.com\/tailrace@sha256:[0-9a-f]{64}$/);
    expect(pod.volumes.find(({ name }) => name === 'secret-elasticsearch')?.secret).toEqual({
      secretName: 'search-credentials',
      defaultMode: 0o440,
    });
  });

  test('every Secret that the pipeline names is mounted there, and no other', async () => {
    const pod = podOf(workloadOf(await render(...values('datadog'))));
    expect(pod.volumes.flatMap(({ secret }) => secret?.secretName ?? [])).toEqual(['tailrace-datadog']);
    expect(pod.containers[0]?.volumeMounts).toContainEqual({
      name: 'secret-datadog',
      mountPath: '/etc/tailrace/secrets/datadog',
      readOnly: true,
    });
  });

  test('a changed ConfigMap is watched, or restarts the pods', async () => {
    const args = async (...settings: string[]) => podOf(workloadOf(await agent(...settings))).containers[0]?.args;
    expect(await args()).toEqual(['run', '--watch', '/etc/tailrace/pipeline/pipeline.yaml']);
    expect(await args('pipeline.watch=false')).toEqual(['run', '/etc/tailrace/pipeline/pipeline.yaml']);
    const checksum = async (preset: string) => {
      const spec = workloadOf(await agent('pipeline.watch=false', `pipeline.preset=${preset}`))['spec'];
      return (spec as { template: { metadata: { annotations: Record<string, string> } } }).template.metadata
        .annotations['checksum/pipeline'];
    };
    expect(await checksum('containers')).not.toBe(await checksum('mirrord/elasticsearch'));
  });

  test('all that may be set reaches the objects', async () => {
    const objects = await render(...values('own-pipeline'));
    const workload = workloadOf(objects);
    const pod = podOf(workload);
    const [container] = pod.containers;
    expect(pod).toMatchObject({
      terminationGracePeriodSeconds: 120,
      serviceAccountName: 'logs',
      priorityClassName: 'system-node-critical',
      imagePullSecrets: [{ name: 'pull' }],
      nodeSelector: { pool: 'apps' },
    });
    expect(pod['tolerations']).toBeUndefined();
    expect(pod['affinity']).toHaveProperty('nodeAffinity');
    expect(container?.securityContext).toMatchObject({
      capabilities: { drop: ['ALL'], add: ['DAC_READ_SEARCH'] },
      seLinuxOptions: { type: 'spc_t' },
    });
    expect(container?.env?.map(({ name }) => name)).toEqual(expect.arrayContaining(['OTLP_ENDPOINT', 'CLUSTER']));
    expect(container?.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
      expect.arrayContaining(['/var/log', '/opt/app/logs', '/etc/tailrace/ca', '/etc/tailrace/secrets/otlp']),
    );
    expect(pod.volumes.find(({ name }) => name === 'data')?.hostPath?.path).toBe('/mnt/state/tailrace');
    expect(JSON.stringify(workload)).toContain('"team":"platform"');
    expect(kinds(objects)).not.toContain('ServiceAccount logs-tailrace');
    const policy = specOf(objects, 'NetworkPolicy');
    expect(policy['policyTypes']).toEqual(['Ingress', 'Egress']);
    expect(policy['ingress']).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 'metrics' }],
      },
    ]);
    expect(policy['egress']).toHaveLength(2);
  });

  test('a ServiceMonitor finds the Service of the metrics, and that one alone', async () => {
    const objects = await render(...values('aggregator'));
    const { selector, endpoints } = specOf(objects, 'ServiceMonitor') as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string }[];
    };
    const services = objects.filter(({ kind }) => kind === 'Service');
    const found = services.filter(({ metadata }) =>
      Object.entries(selector.matchLabels).every(([name, value]) => metadata.labels?.[name] === value),
    );
    expect([services.length, found.map(({ metadata }) => metadata.name)]).toEqual([2, ['logs-tailrace-metrics']]);
    const ports = (found[0]!['spec'] as { ports: { name: string }[] }).ports;
    expect(endpoints.map(({ port }) => port)).toEqual(ports.map(({ name }) => name));
  });

  test('an aggregator is a Deployment with a queue on a volume, open to OTLP', async () => {
    const objects = await render(...values('aggregator'));
    expect(kinds(objects)).toEqual([
      'ConfigMap logs-tailrace',
      'Deployment logs-tailrace',
      'NetworkPolicy logs-tailrace',
      'PersistentVolumeClaim logs-tailrace',
      'Service logs-tailrace',
      'Service logs-tailrace-metrics',
      'ServiceAccount logs-tailrace',
      'ServiceMonitor logs-tailrace',
    ]);
    expect(specOf(objects, 'Deployment')).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    const pod = podOf(workloadOf(objects));
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532 });
    expect(pod.volumes.filter(({ hostPath }) => hostPath)).toEqual([]);
    expect(pod.volumes.find(({ name }) => name === 'data')?.persistentVolumeClaim?.claimName).toBe('logs-tailrace');
    expect(specOf(objects, 'PersistentVolumeClaim')).toEqual({
      accessModes: ['ReadWriteOncePod'],
      storageClassName: 'fast',
      resources: { requests: { storage: '50Gi' } },
    });
    const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'logs-tailrace');
    expect(service?.['spec']).toMatchObject({
      publishNotReadyAddresses: true,
      ports: [{ port: 4317 }, { port: 4318 }],
    });
    const policy = specOf(objects, 'NetworkPolicy') as { ingress: { ports: { port: string }[] }[] };
    expect(policy.ingress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      ['metrics'],
      ['otlp-grpc', 'otlp-http'],
    ]);
  });

  test('without a volume an aggregator may have replicas', async () => {
    const objects = await render(...values('aggregator-stateless'));
    expect(specOf(objects, 'Deployment')).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
    expect(kinds(objects)).not.toContain('PersistentVolumeClaim logs-tailrace');
    expect(podOf(workloadOf(objects)).volumes.find(({ name }) => name === 'data')).toEqual({
      name: 'data',
      emptyDir: {},
    });
  });

  const probes = 'metrics: { address: "$' + '{METRICS_ADDRESS}" }\ndata_dir: $' + '{DATA_DIR}\n';
  test.each([
    ['that begins with an indented comment', (text: string) => `  # ours\n${text}`],
    ['with the line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['with spaces and lines at its end', (text: string) => `${text}# é: "x"   \n\n\n`],
  ])('a pipeline %s reaches the ConfigMap as it is', async (_, change) => {
    const text = change(`${probes}sources: { in: { type: stdin } }\n`);
    const file = path.join(folder, 'as-it-is.yaml');
    await writeFile(file, text);
    const objects = await render(...values('agent'), '--set-file', `pipeline.files.pipeline\\.yaml=${file}`);
    const config = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    expect(config.data).toEqual({ 'pipeline.yaml': text });
  });

  test('a pipeline that takes no OTLP has no Service for it', async () => {
    const sets = ['image.repository=r', 'role=aggregator', 'pipeline.preset=mirrord/metrics-otlp'];
    const objects = await render(...sets.flatMap((one) => ['--set', one]));
    expect(kinds(objects).filter((name) => name.startsWith('Service '))).toEqual(['Service logs-tailrace-metrics']);
    expect(podOf(workloadOf(objects)).containers[0]?.ports).toEqual([{ name: 'metrics', containerPort: 9598 }]);
    const { ingress } = specOf(objects, 'NetworkPolicy') as { ingress: unknown[] };
    expect(ingress).toHaveLength(1);
  });

  test('a pod is given longer than its pipeline may take to stop', async () => {
    for (const file of valueFiles) {
      const objects = await render('-f', path.join(chart, 'ci', file));
      const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
      const { shutdown_timeout: timeout = '30s' } = parse(data['pipeline.yaml'] ?? '') as { shutdown_timeout?: string };
      expect(podOf(workloadOf(objects)).terminationGracePeriodSeconds).toBeGreaterThan(Number.parseInt(timeout, 10));
    }
  });

  const WITHOUT_VOLUME = ['aggregator.persistence.enabled=false', 'aggregator.replicas=2'];
  test.each([
    [['image.repository='], null, 'image.repository is not set: push the image of deploy/image/Dockerfile'],
    [
      ['pipeline.preset=mirord'],
      null,
      'pipeline.preset "mirord" is none of the chart\'s: aggregator, containers, java-app/elasticsearch, klog/',
    ],
    [['agnet.logPaths=x'], null, "additional properties 'agnet' not allowed"],
    [['terminationGracePeriodSeconds=30'], null, 'is 30, but the pipeline may take 30s to stop (shutdown_timeout)'],
    [['role=aggregator', 'aggregator.replicas=2'], null, 'a data_dir belongs to one process'],
    [['agent.runAsNonRoot=true', 'agent.readForeignFiles=true'], null, 'only user 0 keeps a capability'],
    [[], 'sources: {}', 'does not open the address of the probes'],
    [[], 'metrics: { address: "$' + '{METRICS_ADDRESS}" }', 'does not keep its state on the volume'],
    [[], `${probes}shutdown_timeout: 2m`, 'the pipeline may take 2m to stop'],
    [[], `${probes}shutdown_timeout: 61500ms`, 'the pipeline may take 61500ms to stop'],
    [[], '{ no: yaml', 'pipeline.yaml is no YAML'],
    [['pipeline.preset=mirrord/metrics-otlp'], null, 'reads nothing of a node: set role=aggregator, or every node'],
    [['pipeline.preset=klog/elasticsearch', 'role=aggregator'], null, 'reads the files of a node: set role=agent'],
    [
      ['role=aggregator', 'pipeline.preset=mirrord/metrics-otlp', ...WITHOUT_VOLUME],
      null,
      'each of them would scrape the same targets',
    ],
    [[], `${probes}key: "$${'{file:/etc/tailrace/secrets/my_es/key}'}"`, 'small letters, digits and - alone'],
    [['secrets.other=x'], `${probes}`, 'the pipeline does not name /etc/tailrace/secrets/other/'],
    [['role=aggregator'], `${probes}sources: { in: { type: otlp } }`, 'sources.in does not listen for OTLP over grpc'],
    [
      ['role=aggregator'],
      `${probes}sources: { in: { type: otlp, grpc: false, http: { address: "127.0.0.1:4318" } } }`,
      'write  http: { address: "0.0.0.0:4318" }  or  http: false',
    ],
  ])('says what is wrong: %j %j', async (settings, pipeline, message) => {
    const file = path.join(folder, 'own.yaml');
    if (pipeline !== null) await writeFile(file, pipeline);
    const own = pipeline === null ? [] : ['--set-file', `pipeline.files.pipeline\\.yaml=${file}`];
    const sets = settings.flatMap((one) => ['--set', one]);
    const { status, stderr } = await run(
      'template',
      chart,
      '--kube-version',
      '1.37.0',
      ...values('agent'),
      ...own,
      ...sets,
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});

test('the chart is of the version of the command', async () => {
  const { appVersion } = parse(await readFile(path.join(chart, 'Chart.yaml'), 'utf8')) as { appVersion: string };
  expect(appVersion).toBe(readManifest(path.join(root, 'packages/cli/package.json')).version);
});
