import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createGunzip } from 'node:zlib';
import { type ErrorCode, http } from '@tailrace/core';
import type { ExpositionFormat } from './parse.ts';
import { shown } from './reader.ts';
import { portOf, type Target } from './target.ts';

/** What a target answered, unpacked. */
export interface Fetched {
  readonly body: Uint8Array;
  readonly format: ExpositionFormat;
}

/** Why a scrape failed. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** OpenMetrics first, as its counters have times of creation; both with names in UTF-8 (prometheus.io, "Content negotiation"). */
const ACCEPT = [
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6',
  'application/openmetrics-text;version=1.0.0;q=0.5',
  'application/openmetrics-text;version=0.0.1;q=0.4',
  'text/plain;version=0.0.4;q=0.3',
  '*/*;q=0.1',
].join(',');
const MOST_REDIRECTS = 5;
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/**
 * Reads a target's exposition within its timeout; throws {@link ScrapeError}. Redirects are followed on the same host only, so that
 * nobody else gets the credentials.
 */
export async function fetchExposition(target: Target, bodyLimit: number, stop: AbortSignal): Promise<Fetched> {
  const late = AbortSignal.timeout(target.timeout);
  const signal = AbortSignal.any([stop, late]);
  try {
    const headers = await headersOf(target);
    let { url } = target;
    for (let redirects = 0; ; redirects++) {
      const response = await ask(url, target, headers, signal);
      if (!REDIRECTS.includes(response.statusCode)) return await read(response, bodyLimit, signal);
      response.destroy();
      if (redirects === MOST_REDIRECTS) throw failed(`more than ${MOST_REDIRECTS} redirects`);
      url = redirected(url, response.headers.location);
    }
  } catch (error) {
    if (error instanceof ScrapeError) throw error;
    if (late.aborted && !stop.aborted) throw failed(`no whole answer within ${target.timeout} ms`);
    throw failed(
      error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error),
    );
  }
}

function failed(message: string): ScrapeError {
  return new ScrapeError('scrape_failed', message);
}

async function headersOf(target: Target): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    accept: ACCEPT,
    'accept-encoding': 'gzip',
    'user-agent': 'tailrace',
    // Exporters that probe others plan by it.
    'x-prometheus-scrape-timeout-seconds': String(target.timeout / 1000),
    ...target.headers,
  };
  if (target.tokenFile !== undefined) headers['authorization'] = `Bearer ${await readToken(target.tokenFile)}`;
  return headers;
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw failed(`${file} holds no token`);
  return token;
}

function ask(url: URL, target: Target, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection per scrape: one that is kept may be closed by the target just when it is used.
    const options = { agent: false as const, headers, signal, maxHeaderSize: 65_536 };
    const request =
      url.protocol === 'https:' ? httpsRequest(url, { ...options, ...target.tls }) : http.request(url, options);
    request.on('error', reject).on('response', resolve).end();
  });
}

function redirected(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw failed('a redirect without a place to go to');
  const to = new URL(location, from);
  const isSame = to.protocol === from.protocol && portOf(to) === portOf(from);
  const isUpgrade = to.protocol === 'https:' && from.protocol === 'http:';
  if (to.hostname !== from.hostname || !(isSame || isUpgrade)) {
    throw failed(`redirected to ${to.origin}: other hosts and ports are not followed; write its URL as the target`);
  }
  return to;
}

async function read(response: IncomingMessage, bodyLimit: number, signal: AbortSignal): Promise<Fetched> {
  try {
    if (response.statusCode !== 200) throw failed(`status ${response.statusCode}`);
    const format = formatOf(response.headers['content-type'] ?? '');
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding === 'identity') return { format, body: await collect(response, bodyLimit) };
    if (encoding !== 'gzip' && encoding !== 'x-gzip')
      throw failed(`content-encoding ${shown(encoding)}: expected gzip or none`);
    const unpacked = createGunzip();
    response.on('error', (error) => unpacked.destroy(error));
    signal.addEventListener('abort', () => unpacked.destroy(new Error('aborted')), { once: true });
    return { format, body: await collect(response.pipe(unpacked), bodyLimit) };
  } finally {
    response.destroy();
  }
}

/** Most targets say text/plain; one that says HTML or JSON is no target. */
function formatOf(contentType: string): ExpositionFormat {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/openmetrics-text') return 'openmetrics';
  if (type === '' || type === 'text/plain' || type === 'application/octet-stream') return 'text';
  throw new ScrapeError(
    'scrape_malformed',
    `the answer is ${shown(type)}: expected text/plain or application/openmetrics-text`,
  );
}

/** Stops at the limit: what a gzip body would become is never held. */
async function collect(chunks: AsyncIterable<unknown>, limit: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      throw new ScrapeError('scrape_over_limit', `the answer is longer than ${limit} bytes: raise body_size_limit`);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
