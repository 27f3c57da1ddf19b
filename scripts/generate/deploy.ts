import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const chart = 'deploy/helm/tailrace';
const pipelines = {
  mirrord: ['elasticsearch', 'datadog', 'otlp', 'metrics-datadog', 'metrics-otlp'],
  nginx: ['elasticsearch'],
  klog: ['elasticsearch'],
  'java-app': ['elasticsearch'],
};

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** What Helm's chart has from elsewhere, because Helm reads nothing outside of it: ready pipelines, and the version of the command. */
export function files(): Record<string, string> {
  const { version } = JSON.parse(read('packages/cli/package.json')) as { version: string };
  const copies = Object.entries(pipelines).flatMap(([system, names]) => [
    [`${chart}/pipelines/${system}/fields.yaml`, marked(`pipelines/${system}/fields.yaml`)],
    ...names.map((name) => [
      `${chart}/pipelines/${system}/${name}.yaml`,
      inCluster(marked(`pipelines/${system}/${name}.yaml`)),
    ]),
  ]);
  return {
    [`${chart}/Chart.yaml`]: read(`${chart}/Chart.yaml`).replace(/^appVersion: .*$/m, `appVersion: "${version}"`),
    ...Object.fromEntries(copies),
  };
}

/** Says where a copy comes from. The line for editors names the schema by a path that leads nowhere from here. */
function marked(file: string): string {
  return `# Written by \`pnpm generate\` from ${file}.\n${read(file).replace(/^# yaml-language-server:.*\n/, '')}`;
}

/** A cluster has its secrets in files, and an Elasticsearch there wants one. */
function inCluster(pipeline: string): string {
  return pipeline
    .replace(/# (auth: \{ api_key: )"[^"]*"/, '$1"$${file:/etc/tailrace/secrets/elasticsearch/api_key}"')
    .replace(/\$\{DD_API_KEY[^}]*\}/, '$${file:/etc/tailrace/secrets/datadog/api_key}')
    .replace(/^# DD_API_KEY .*\n|^# ELASTICSEARCH_API_KEY .*\n/gm, '');
}
