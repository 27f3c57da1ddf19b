import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Finished } from '../packed/tarballs.ts';
import { root } from '../repository/workspace.ts';
import type { ClusterObject } from './schemas.ts';

/** The folder of the chart. */
export const chart: string = path.join(root, 'deploy/helm/tailrace');

/** Values for the chart, a file per case. */
export const valueFiles: readonly string[] = readdirSync(path.join(chart, 'ci'));

/** Runs Helm to its end, whatever its exit status, with no settings of the user's. */
export function runHelm(helm: string, args: readonly string[], folder: string): Promise<Finished> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    HELM_CACHE_HOME: folder,
    HELM_CONFIG_HOME: folder,
    HELM_DATA_HOME: folder,
  };
  return new Promise((resolve) => {
    execFile(helm, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

/** The objects of a file of manifests. Kubernetes reads YAML 1.1. */
export function objectsOf(text: string): ClusterObject[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.map(String).join('\n'));
    const object = document.toJS() as ClusterObject | null;
    return object === null ? [] : [object];
  });
}
