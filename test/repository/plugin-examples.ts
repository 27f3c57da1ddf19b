import { createPrivateKey } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonSchema, Log, PluginDeclaration } from '@tailrace/core';
import { plugins as datadogPlugins } from '@tailrace/datadog';
import { plugins as elasticsearchPlugins } from '@tailrace/elasticsearch';
import { plugins as localPlugins } from '@tailrace/local';
import { plugins as otlpPlugins } from '@tailrace/otlp';
import { type Loaded, loadPipeline, pluginEntries, type RunSummary, runPipeline } from '@tailrace/runner';
import { plugins as lightPlugins } from '@tailrace/std';
import { certificateAuthority } from '@tailrace/testkit';
import { expect } from 'vitest';

const ANY_PORT = { address: '127.0.0.1:0' };

/** All plugins of the repository. */
export const plugins: readonly PluginDeclaration[] = [
  ...lightPlugins,
  ...elasticsearchPlugins,
  ...datadogPlugins,
  ...otlpPlugins,
  ...localPlugins,
];

/** An example of a plugin of any kind. */
export type Example = PluginDeclaration['examples'][number];

/** The names of all options that a configuration sets, as lists of options name them: `retry.initial`, `targets[].url`, `labels.*`. */
export function shownOptions(schema: JsonSchema, config: unknown, at = ''): string[] {
  const others = (schema.anyOf ?? []).flatMap((one) => shownOptions(one, config, at));
  if (Array.isArray(config)) {
    const { items } = schema;
    return [...others, ...(items ? config.flatMap((item) => shownOptions(items, item, `${at}[]`)) : [])];
  }
  if (typeof config !== 'object' || config === null) return others;
  const own = Object.entries(config).flatMap(([key, value]) => {
    const option = schema.properties?.[key];
    const name = at === '' ? key : `${at}.${key}`;
    if (option) return [name, ...shownOptions(option, value, name)];
    const free = schema.additionalProperties;
    return typeof free === 'object' ? shownOptions(free, value, `${at}.*`) : [];
  });
  return [...others, ...own];
}

/** Runs with a folder that holds the files of an example, and the certificates and secrets that it names. */
export async function inExampleFolder<T>(example: Example, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tailrace-example-'));
  try {
    const named = JSON.stringify(example.config);
    const secrets = [...named.matchAll(/\$\{file:([^}]+)\}/g)].map(([, name]) => [name!, 'secret\n'] as const);
    const own = Object.entries(CERTIFICATES).filter(([name]) => named.includes(JSON.stringify(name)));
    for (const [name, text] of [...secrets, ...own, ...Object.entries(example.files ?? {})]) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const PASSPHRASE = 'a passphrase';

/** The files that examples name them by. */
const CERTIFICATES = certificates();

function certificates(): Readonly<Record<string, string>> {
  const authority = certificateAuthority();
  const server = authority.issue({ name: 'server', hosts: ['localhost', '127.0.0.1'] });
  const client = authority.issue({ name: 'client' });
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const;
  return {
    'tls/ca.pem': authority.certificate,
    'tls/client-ca.pem': authority.certificate,
    'tls/server.pem': server.certificate,
    'tls/server-key.pem': server.key,
    'tls/client.pem': client.certificate,
    'tls/client-key.pem': client.key,
    'tls/client-key.enc.pem': createPrivateKey(client.key).export(encrypted).toString(),
  };
}

/** Values for the variables that a configuration names. */
function variablesOf(config: unknown): Record<string, string> {
  const names = [...JSON.stringify(config).matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)].map(([, name]) => name!);
  const sampleValue = (name: string): string => {
    if (name.endsWith('PROXY')) return 'http://user:password@127.0.0.1:9';
    return name.endsWith('PASSPHRASE') ? PASSPHRASE : 'secret';
  };
  return Object.fromEntries(names.map((name) => [name, sampleValue(name)]));
}

/** How many events a component gets that needs no server to send them to. */
export const LINES = 3;

/** Reads a pipeline around one component with these options, as the command does. */
export async function loadAround(plugin: PluginDeclaration, options: unknown, folder: string): Promise<Loaded> {
  await writeFile(path.join(folder, 'pipeline.yaml'), JSON.stringify(pipelineWith(plugin, options as object)));
  const env = variablesOf(options);
  return await loadPipeline({ files: ['pipeline.yaml'], env, plugins: pluginEntries(plugins), cwd: folder });
}

/** A pipeline around one component; its partners need nothing from outside. */
export function pipelineWith(plugin: PluginDeclaration, options: object): object {
  const { kind, type } = plugin;
  const component = { type, ...options };
  const signals = [kind === 'sink' ? plugin.input : plugin.output].flat();
  const lines = { type: 'generate', template: '{"log":"line {{seq}}"}', lines: LINES };
  const silent = { type: 'otlp', grpc: ANY_PORT, http: ANY_PORT };
  const partner = signals.includes('logs') && !needsServer(plugin) ? lines : silent;
  return {
    data_dir: 'data',
    metrics: ANY_PORT,
    sources: { [kind === 'source' ? 'tested' : 'in']: kind === 'source' ? component : partner },
    ...(kind === 'transform' ? { transforms: { tested: { inputs: ['in'], ...component } } } : {}),
    sinks:
      kind === 'sink'
        ? { tested: { inputs: ['in'], ...component } }
        : // Named outputs too, where it has some.
          { out: { type: 'blackhole', inputs: [kind === 'transform' ? 'tested*' : 'tested'] } },
  };
}

/** What speaks to other machines; when it runs here, nobody is at the other end. */
const OUTSIDE = new Set(['elasticsearch', 'datadog_logs', 'datadog_metrics']);

/** Whether an example's component has to reach a server that is not there. */
export function needsServer({ kind, type }: PluginDeclaration): boolean {
  return OUTSIDE.has(type) || (kind === 'sink' && type === 'otlp');
}

const NOBODY = 'https://127.0.0.1:9';
/** Addresses in place of a plugin's defaults. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, object | string>>>> = {
  'source otlp': { grpc: ANY_PORT, http: ANY_PORT },
  'sink local': { page: ANY_PORT },
  'sink otlp': { endpoint: NOBODY },
  'sink datadog_logs': { url: NOBODY, api_url: NOBODY },
  'sink datadog_metrics': { url: NOBODY, api_url: NOBODY },
};

/** The options with addresses of this machine in place of all others: free ones to listen on, closed ones to send to. */
export function onThisMachine(plugin: PluginDeclaration, options: object, folder: string): object {
  let targets = 0;
  const text = JSON.stringify(options)
    .replaceAll(/"address":"[^"]*"/g, '"address":"127.0.0.1:0"')
    .replaceAll(/(https?):\/\/[^/"]+/g, (_, scheme: string) => `${scheme}://127.0.0.${++targets}:9`)
    // "name:" and what the id of a deployment at https://127.0.0.1:9 would be.
    .replaceAll(/"cloud_id":"[^"]*"/g, `"cloud_id":"local:${btoa('0.0.1:9$127')}"`)
    .replaceAll(/"\/(?=var\/|mnt\/)/g, `"${folder}/`);
  const own = JSON.parse(text) as Record<string, unknown>;
  const added = Object.entries(DEFAULTS[`${plugin.kind} ${plugin.type}`] ?? {}).map(([key, value]) => {
    const given = own[key];
    return [key, typeof given === 'object' && typeof value === 'object' ? { ...value, ...given } : (given ?? value)];
  });
  return { ...own, ...Object.fromEntries(added) };
}

const nothing = (): void => undefined;
const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const RUN = { version: '0', env: {} };

/** Runs a pipeline to the end of its input. */
export async function runOnce(loaded: Loaded): Promise<RunSummary> {
  return await runPipeline(loaded.config!, { ...RUN, once: true, stop: new AbortController().signal, log: quiet });
}

/** Runs a pipeline until /readyz says what is waited for, or it ends; gives the problems of the run. */
export async function startAndStop(loaded: Loaded, awaited: RegExp): Promise<readonly string[]> {
  const stop = new AbortController();
  let status: string | undefined;
  const log: Log = {
    ...quiet,
    info(details, message) {
      if (message.startsWith('metrics and health') && 'address' in details) status = String(details.address);
    },
  };
  let hasEnded = false;
  const running = runPipeline(loaded.config!, { ...RUN, once: false, stop: stop.signal, log }).finally(() => {
    hasEnded = true;
  });
  const isThere = async (): Promise<boolean> => {
    if (hasEnded || status === undefined) return hasEnded;
    const answer = await fetch(`${status}/readyz`).catch(() => undefined);
    return awaited.test((await answer?.text()) ?? '');
  };
  const [waited] = await Promise.allSettled([expect.poll(isThere, { interval: 20 }).toBe(true)]);
  stop.abort();
  const { problems } = await running;
  if (waited.status === 'rejected') throw waited.reason;
  return problems;
}
