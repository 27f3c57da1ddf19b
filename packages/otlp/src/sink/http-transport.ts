import type { ConnectionOptions } from 'node:tls';
import { readProxy } from '@tailrace/core';
import { httpClient, packer } from '@tailrace/http';
import type { OtlpSinkConfig } from './options.ts';
import type { Targets } from './targets.ts';
import type { Transport } from './transport.ts';

/** OTLP 1.11 lets responses have 4 MiB; of a longer one the rest is not read. */
const MAX_RESPONSE_BYTES = 4 * 1024 ** 2;

/** Requests over HTTP/1.1 (OTLP 1.11, “OTLP/HTTP”). Throws a ConfigError for options that cannot work. */
export function httpTransport(
  config: OtlpSinkConfig,
  targets: Targets,
  headers: Readonly<Record<string, string>>,
  tls: ConnectionOptions,
): Transport {
  const packing = packer(config);
  const client = httpClient({
    tls,
    proxy: readProxy(config.proxy),
    kept: config.max_in_flight,
    connectTimeout: config.connect_timeout,
    headersTimeout: config.headers_timeout,
    bodyTimeout: config.body_timeout,
    maxAnswerBytes: MAX_RESPONSE_BYTES,
  });
  const type = config.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const all = { 'user-agent': 'tailrace', ...headers, 'content-type': type, ...packing.headers };
  return {
    async send(signal, body, stop) {
      const packed = await packing.pack(body);
      const answer = await client.request({ method: 'POST', url: targets[signal], headers: all, body: packed }, stop);
      if (answer.kind === 'none') return answer;
      // What a refusal says needs no end; a success may have gone on to say what was rejected.
      if (answer.isWhole || answer.status >= 300) return { ...answer, kind: 'http' };
      return { kind: 'none', cause: 'refused', message: 'the connection broke off in the middle of the answer' };
    },
    close: client.close,
  };
}
