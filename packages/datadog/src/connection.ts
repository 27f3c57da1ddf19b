import { type PluginContext, readClientTls, readProxy } from '@tailrace/core';
import { packer } from '@tailrace/http';
import { type Answer, httpClient, type NoAnswer } from './http-client.ts';
import { requestHeaders } from './request-options.ts';
import { apiUrl, type ConnectionConfig } from './targets.ts';

/** The way to Datadog as the sinks use it: every answer is a value, whatever its status. */
export interface Connection {
  /** Packs a JSON body and posts it. */
  post(url: URL, body: Uint8Array, signal: AbortSignal): Promise<Answer | NoAnswer>;
  /** Posts a JSON body that is packed already; `encoding` is its Content-Encoding, empty when it is plain. */
  postPacked(url: URL, body: Uint8Array, encoding: string, signal: AbortSignal): Promise<Answer | NoAnswer>;
  /** Asks whether the key is valid; `null` when nobody is known to ask. */
  askAboutKey(signal: AbortSignal): Promise<Answer | NoAnswer> | null;
  close(): void;
}

/** Makes a connection from the options, `url` being where requests go; opens nothing. Throws a ConfigError for options that cannot work. */
export function createConnection(config: ConnectionConfig, url: URL, context: PluginContext): Connection {
  const headers = requestHeaders(config);
  const packing = packer(config);
  const client = httpClient({
    tls: readClientTls(config.tls, [url], context),
    proxy: readProxy(config.proxy),
    connectTimeout: config.connect_timeout,
    headersTimeout: config.headers_timeout,
    bodyTimeout: config.body_timeout,
    kept: config.max_in_flight,
  });
  // https://docs.datadoghq.com/api/latest/authentication/#validate-api-key
  const validate = apiUrl(config, '/api/v1/validate');
  return {
    async post(to, body, signal) {
      const packed = await packing.pack(body);
      return client.request(
        { method: 'POST', url: to, headers: { ...headers, ...packing.headers }, body: packed },
        signal,
      );
    },
    postPacked(to, body, encoding, signal) {
      const packed = encoding === '' ? {} : { 'content-encoding': encoding };
      return client.request({ method: 'POST', url: to, headers: { ...headers, ...packed }, body }, signal);
    },
    askAboutKey: (signal) => (validate ? client.request({ method: 'GET', url: validate, headers }, signal) : null),
    close: () => client.close(),
  };
}
