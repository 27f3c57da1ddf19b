import { readFile } from 'node:fs/promises';
import type { FileTarget } from '@tailrace/dashboards';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The command line or the environment is not as it has to be. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';
}

/** Where a server is, and the headers by which it knows the user. */
export interface ServerAddress {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** The server of a target from `--url` and the environment; throws {@link Misconfigured}, which never shows a credential. */
export function serverAddress(target: FileTarget, url: string | undefined, environment: Environment): ServerAddress {
  const value = (name: string): string | undefined => environment[name] || undefined;
  if (target === 'kibana') {
    const address = urlFrom(url ?? value('KIBANA_URL'), '--url', 'KIBANA_URL');
    return { url: address, headers: authorization('ApiKey', 'KIBANA_API_KEY', 'KIBANA', value) };
  }
  if (target === 'grafana') {
    const address = urlFrom(url ?? value('GRAFANA_URL'), '--url', 'GRAFANA_URL');
    return { url: address, headers: authorization('Bearer', 'GRAFANA_TOKEN', 'GRAFANA', value) };
  }
  const [apiKey, appKey] = [value('DD_API_KEY'), value('DD_APP_KEY')];
  if (apiKey === undefined || appKey === undefined)
    throw new Misconfigured('set DD_API_KEY and DD_APP_KEY: Datadog asks for an API key and an application key');
  return {
    url: urlFrom(url ?? `https://api.${value('DD_SITE') ?? 'datadoghq.com'}`, '--url or DD_SITE', 'DD_SITE'),
    headers: {
      'dd-api-key': headerValue('DD_API_KEY', apiKey),
      'dd-application-key': headerValue('DD_APP_KEY', appKey),
    },
  };
}

/** The server that `--against` names; credentials are those of Elasticsearch, or a bearer token for Prometheus. */
export function checkedServer(url: string, environment: Environment): ServerAddress {
  const value = (name: string): string | undefined => environment[name] || undefined;
  const token = value('PROMETHEUS_TOKEN');
  const elasticsearch = authorization('ApiKey', 'ELASTICSEARCH_API_KEY', 'ELASTICSEARCH', value);
  return {
    url: urlFrom(url, '--against', 'a URL'),
    headers:
      token === undefined ? elasticsearch : { authorization: `Bearer ${headerValue('PROMETHEUS_TOKEN', token)}` },
  };
}

/** Certificates from a file; throws {@link Misconfigured}. */
export async function pemOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Misconfigured(`--ca ${file}: ${(error as Error).message}`);
  }
}

function urlFrom(text: string | undefined, option: string, variable: string): URL {
  if (text === undefined) throw new Misconfigured(`give ${option}, or set ${variable}`);
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Misconfigured(`${option}: expected the address of a server, such as https://host:1234`);
  if (url.username !== '' || url.password !== '')
    throw new Misconfigured(
      `${option}: credentials belong in the environment, where other users of this machine do not see them`,
    );
  return url;
}

/** A key or token, else a name and a password, else nothing: some servers ask for none. */
function authorization(
  scheme: string,
  key: string,
  prefix: string,
  value: (name: string) => string | undefined,
): Record<string, string> {
  const token = value(key);
  if (token !== undefined) return { authorization: `${scheme} ${headerValue(key, token)}` };
  const [user, password] = [value(`${prefix}_USERNAME`), value(`${prefix}_PASSWORD`)];
  if (user === undefined && password === undefined) return {};
  if (user === undefined || password === undefined)
    throw new Misconfigured(`set both ${prefix}_USERNAME and ${prefix}_PASSWORD, or ${key}`);
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** A line break from a file of secrets would break the request, with an error that shows it. */
function headerValue(name: string, value: string): string {
  const trimmed = value.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw new Misconfigured(`${name} holds characters that cannot be sent`);
  return trimmed;
}
