import { ConfigError, checkHeader, readHeaders, readUser } from '@tailrace/core';
import type { ElasticsearchConfig } from './options.ts';

const DEFAULT_NODES = ['http://localhost:9200'];
/** Headers that say how a request is sent, which is the client's affair. */
const OWN_HEADERS = /^(?:accept|connection|content-.*|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/;

/** Where the nodes are, by `nodes` or `cloud_id`. */
export function nodeUrls(config: ElasticsearchConfig): URL[] {
  if (config.cloud_id !== undefined && config.nodes !== undefined) {
    throw new ConfigError(['cloud_id'], 'cannot stand beside `nodes`: both say where the cluster is');
  }
  if (config.cloud_id !== undefined) return [cloudUrl(config.cloud_id)];
  return (config.nodes ?? DEFAULT_NODES).map((text, i) => nodeUrl(text, i));
}

function nodeUrl(text: string, i: number): URL {
  const at = ['nodes', i];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(at, `must be a URL such as https://search.example.com:9200, is ${JSON.stringify(text)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(at, 'must not hold a user or password: put them under `auth`');
  }
  if (url.search !== '' || url.hash !== '') throw new ConfigError(at, 'must end with its path, without ? and #');
  return url;
}

/** Cloud ID: `name:base64("<domain>[:port]$<elasticsearch>[$<kibana>]")`; a name may be empty. */
function cloudUrl(cloudId: string): URL {
  const encoded = cloudId.slice(cloudId.lastIndexOf(':') + 1);
  const [domain, elasticsearch] = Buffer.from(encoded, 'base64').toString().split('$');
  const url = `https://${elasticsearch}.${domain}`;
  if (!domain || !elasticsearch || !/^[\w.-]+(:\d+)?$/.test(domain) || !URL.canParse(url)) {
    throw new ConfigError(['cloud_id'], 'must be the Cloud ID as the deployment’s page shows it, name:base64 text');
  }
  return new URL(url);
}

/** The options' headers by their lower-case names. */
export function extraHeaders({ headers, auth }: ElasticsearchConfig): Record<string, string> {
  const isSet = auth.api_key || auth.username !== undefined;
  return readHeaders(headers, OWN_HEADERS, ['headers'], isSet ? { authorization: 'cannot stand beside `auth`' } : {});
}

/** User and password or API key, as the client takes them; throws {@link ConfigError} for half of one or both. */
export function authentication({ auth }: ElasticsearchConfig) {
  const { username, password, api_key } = auth;
  if (!api_key) return readUser(auth);
  if (username !== undefined || password) {
    throw new ConfigError(['auth', 'api_key'], 'cannot stand beside `username` and `password`');
  }
  const text = api_key.reveal().trim();
  checkHeader(['auth', 'api_key'], 'authorization', text);
  return { apiKey: text.includes(':') ? Buffer.from(text).toString('base64') : text };
}
