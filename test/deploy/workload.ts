import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterObject } from './schemas.ts';

/** A volume of a pod: what it is named, and where what is in it comes from. */
export interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string; readonly defaultMode: number };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly emptyDir?: object;
}

/** A container of a pod, as far as it is looked at. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly securityContext: {
    readonly runAsUser?: number;
    readonly capabilities: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
    readonly [member: string]: unknown;
  };
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[];
  readonly [member: string]: unknown;
}

/** The pod of a DaemonSet or Deployment. */
export interface PodSpec {
  readonly securityContext: {
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly supplementalGroups?: readonly number[];
    readonly fsGroup?: number;
    readonly [member: string]: unknown;
  };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly terminationGracePeriodSeconds: number;
  readonly [member: string]: unknown;
}

/** The only DaemonSet or Deployment among the objects. */
export function workloadOf(objects: readonly ClusterObject[]): ClusterObject {
  const found = objects.filter(({ kind }) => kind === 'DaemonSet' || kind === 'Deployment');
  if (found.length !== 1) throw new Error(`there are ${found.length} workloads`);
  return found[0]!;
}

/** The pod that a DaemonSet or Deployment makes. */
export function podOf(workload: ClusterObject): PodSpec {
  return (workload['spec'] as { template: { spec: PodSpec } }).template.spec;
}

/** Writes the ConfigMap's files, and a file for each secret that they name, into a folder; gives what stands for `/etc/tailrace` there. */
export async function writePipeline(objects: readonly ClusterObject[], folder: string): Promise<string> {
  const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
  const texts = Object.entries(data).map(
    ([name, text]) => [name, text.replaceAll('/etc/tailrace/', `${folder}/`)] as const,
  );
  await mkdir(path.join(folder, 'pipeline'), { recursive: true });
  for (const [name, text] of texts) {
    await writeFile(path.join(folder, 'pipeline', name), text);
    for (const [, secret] of text.matchAll(/\$\{file:([^}]+)\}/g)) {
      await mkdir(path.dirname(secret!), { recursive: true });
      await writeFile(secret!, 'c2VjcmV0OmtleQ==\n');
    }
  }
  return folder;
}

/** The environment that the kubelet would give a container, on a node `node-1`. */
export function environmentOf({ env = [] }: Container): Record<string, string> {
  const fields: Record<string, string> = {
    'spec.nodeName': 'node-1',
    'metadata.name': 'tailrace-x7k2q',
    'metadata.namespace': 'logs',
  };
  return Object.fromEntries(
    env.flatMap(({ name, value, valueFrom }) => {
      const given = value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''];
      return given === undefined ? [] : [[name, given] as const];
    }),
  );
}
