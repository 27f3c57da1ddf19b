import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { http } from '@tailrace/core';
import type { ApiError, QueryAnswer } from '../api/types.ts';
import { isReadErrorCode, ReadError } from '../read/read-error.ts';
import type { Question } from './question.ts';

/** How much longer than the statement the answer may take. */
const GRACE_MS = 5000;

/** The answer of the process that has the store open, over its socket; `null` when nobody listens there. */
export async function askRunner({ path, sql, rows, milliseconds, signal }: Question): Promise<QueryAnswer | null> {
  // Socket paths are limited to about 100 bytes; through a descriptor of the folder they stay short.
  const folder = await open(dirname(path), 'r').catch((error: NodeJS.ErrnoException) => {
    throw new ReadError('failed', `${dirname(path)} cannot be read (${error.code}): ask as its owner`);
  });
  const short = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : dirname(path);
  try {
    const limit = AbortSignal.any([AbortSignal.timeout(milliseconds + GRACE_MS), ...(signal ? [signal] : [])]);
    const body = JSON.stringify({ sql, rows, milliseconds });
    const response = await post(join(short, `${basename(path)}.sock`), body, limit);
    return response && answerOf(response.statusCode ?? 0, await text(response));
  } finally {
    await folder.close();
  }
}

/** That nobody listens, or that who did is just going: reading does no harm twice. */
const NOBODY = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET']);

/** `null` when nobody listens. */
function post(socketPath: string, body: string, signal: AbortSignal): Promise<IncomingMessage | null> {
  const headers = { host: 'localhost', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asking = http.request({ socketPath, method: 'POST', path: '/api/v1/query', headers, signal, agent: false });
    asking.on('response', resolve);
    asking.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== undefined && NOBODY.has(error.code)) resolve(null);
      else reject(problemOf(error, signal));
    });
    asking.end(body);
  });
}

function problemOf(error: NodeJS.ErrnoException, signal: AbortSignal): ReadError {
  if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError') {
    return new ReadError('failed', 'the process that has the store open does not answer: look at its log');
  }
  if (signal.aborted) return new ReadError('aborted', 'the question was taken back');
  const why = error.code === 'EACCES' ? 'only its owner may ask it' : error.message;
  return new ReadError('failed', `the process that has the store open cannot be asked: ${why}`);
}

function answerOf(status: number, body: string): QueryAnswer {
  if (status === 200) return JSON.parse(body) as QueryAnswer;
  const said = errorIn(body);
  if (said === null) throw new ReadError('failed', `it answered with the status ${status}`);
  const other = status >= 400 && status < 500 ? 'bad_statement' : 'failed';
  throw new ReadError(isReadErrorCode(said.code) ? said.code : other, said.message);
}

function errorIn(body: string): ApiError['error'] | null {
  try {
    return (JSON.parse(body) as Partial<ApiError>).error ?? null;
  } catch {
    return null;
  }
}
