import { ConfigError, type Infer, object } from '@tailrace/core';
import { connectionOptions } from './connection-options.ts';

const connection = object(connectionOptions);

/** The resolved options of {@link connectionOptions}. */
export type ConnectionConfig = Infer<typeof connection>;

/** Which of Datadog's hosts a path belongs to: `https://http-intake.logs.<site>`, `https://api.<site>`. */
export type DatadogHost = 'http-intake.logs' | 'api';

const SITE = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

/** The URL of a path at a host of the site, or below `url` where that is set; throws {@link ConfigError}. */
export function intakeUrl({ site, url }: ConnectionConfig, host: DatadogHost, path: string): URL {
  checkSite(site);
  return new URL(`${url === undefined ? `https://${host}.${site}` : baseUrl('url', url)}${path}`);
}

/** The URL of a path of the API that is not the intake; `undefined` when requests go to another place than Datadog and nothing else is said. */
export function apiUrl({ site, url, api_url }: ConnectionConfig, path: string): URL | undefined {
  checkSite(site);
  if (api_url !== undefined) return new URL(`${baseUrl('api_url', api_url)}${path}`);
  return url === undefined ? new URL(`https://api.${site}${path}`) : undefined;
}

function checkSite(site: string): void {
  if (SITE.test(site)) return;
  throw new ConfigError(
    ['site'],
    `must be a site such as datadoghq.com, datadoghq.eu or us5.datadoghq.com, is ${JSON.stringify(site)}`,
  );
}

function baseUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError([option], `must be a URL such as https://intake.example.com, is ${JSON.stringify(text)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError([option], 'must not hold a user or password: put them into `headers`');
  }
  if (url.search !== '' || url.hash !== '') throw new ConfigError([option], 'must end with its path, without ? and #');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
