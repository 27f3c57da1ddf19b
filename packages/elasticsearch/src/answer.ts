import type { EncodedBatch, ErrorCode, Refusal, Verdict } from '@tailrace/core';
import { retryAfter } from '@tailrace/http';
import type { Answer, NoAnswer } from './client.ts';

/** What a bulk answer means, with the conflicts that were not to be expected. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Entries that were there already although they were never sent from here. */
  readonly conflicts: readonly number[];
}

interface ServerError {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: ServerError;
}

interface Item {
  readonly status: number;
  readonly error?: ServerError;
}

const MAX_MESSAGE = 1000;
const NONE: readonly number[] = [];

/** Reads the answer to a bulk request that asked for `errors,items.*.status,items.*.error`. */
export function judge(body: EncodedBatch, answer: Answer | NoAnswer): Judgement {
  if (answer.kind === 'none') return { verdict: unanswered(answer), conflicts: NONE };
  if (answer.status !== 200) return { verdict: whole(answer), conflicts: NONE };
  // Elasticsearch answers 200 with failed items inside, and says in the first member whether there are any.
  if (answer.text.startsWith('{"errors":false')) return { verdict: { kind: 'done', refused: [] }, conflicts: NONE };
  const items = readItems(answer.text);
  if (!items) return { verdict: stranger(answer), conflicts: NONE };
  if (items.length !== body.entries) {
    const message = `the answer speaks of ${items.length} of ${body.entries} entries`;
    return { verdict: { kind: 'retry', code: 'server_error', message }, conflicts: NONE };
  }
  return judgeItems(body, items);
}

function judgeItems(body: EncodedBatch, items: readonly Item[]): Judgement {
  const refused: Refusal[] = [];
  let duplicates = 0;
  const conflicts: number[] = [];
  const nameOf = indexNames(body);
  for (const [index, item] of items.entries()) {
    if (item.status < 300) continue;
    if (item.status === 409) {
      if (isExpected(body, index)) duplicates++;
      else conflicts.push(index);
      continue;
    }
    refused.push(refusal(index, item, nameOf));
  }
  return { verdict: { kind: 'done', refused, duplicates }, conflicts };
}

/** An entry may be there already when it was sent before, by this process or by one whose checkpoint was lost. */
function isExpected(body: EncodedBatch, entry: number): boolean {
  if (body.tried(entry)) return true;
  const position = body.position(entry);
  return position.offset < position.stream.replayBelow;
}

const FAULTS: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'index_missing' };

function refusal(index: number, item: Item, nameOf: (entry: number) => string): Refusal {
  const message = describe(item.error) ?? `status ${item.status}`;
  const fault = FAULTS[item.status];
  if (fault) return { index, retry: true, code: fault, message, subject: nameOf(index) };
  // The same status for an index that is blocked as for a server that is busy; the type is one in all versions.
  if (item.status === 429 && item.error?.type === 'cluster_block_exception')
    return { index, retry: true, code: 'index_blocked', message, subject: nameOf(index) };
  if (item.status === 429) return { index, retry: true, code: 'server_busy', message };
  if (item.status >= 500) return { index, retry: true, code: 'server_error', message };
  return { index, retry: false, code: 'document_refused', message };
}

/** The answer names no indices, so they are read from the action lines; that costs one walk, and only when it is needed. */
function indexNames(body: EncodedBatch): (entry: number) => string {
  let line = 0;
  let at = 0;
  const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
  return (entry) => {
    for (; line < 2 * entry; line++) at = bytes.indexOf(10, at) + 1;
    const action = JSON.parse(bytes.toString('utf8', at, bytes.indexOf(10, at))) as Record<string, { _index: string }>;
    return Object.values(action)[0]!._index;
  };
}

function readItems(text: string): Item[] | undefined {
  const answer = parseObject(text);
  if (!Array.isArray(answer?.['items'])) return undefined;
  const items: Item[] = [];
  for (const item of answer['items'] as unknown[]) {
    const [result] = Object.values(Object(item) as Record<string, Item | undefined>);
    if (typeof result?.status !== 'number') return undefined;
    items.push(result);
  }
  return items;
}

function unanswered({ cause, message }: NoAnswer): Verdict {
  if (cause === 'aborted') return { kind: 'retry', code: 'server_timeout', message };
  return { kind: 'retry', code: cause === 'tls' ? 'tls_failed' : 'server_unreachable', message };
}

function whole(answer: Answer): Verdict {
  const { status } = answer;
  const reason = reasonOf(answer.text);
  const message = reason ?? `status ${status}: ${excerpt(answer.text)}`;
  const afterMs = retryAfter(answer.headers);
  const when = afterMs === undefined ? {} : { afterMs };
  if (status === 401 || status === 407) return { kind: 'pause', code: 'unauthorized', message, ...when };
  if (status === 403) return { kind: 'pause', code: 'forbidden', message, ...when };
  if (status === 413) return { kind: 'split', code: 'request_too_large', message };
  if (status === 429) return { kind: 'retry', code: 'server_busy', message, ...when };
  if (status === 408) return { kind: 'retry', code: 'server_timeout', message, ...when };
  if (status >= 500) return { kind: 'retry', code: 'server_error', message, ...when };
  // Only Elasticsearch's own word may cost events: a proxy can answer 400 too.
  if ((status === 400 || status === 422) && reason !== undefined)
    return { kind: 'refused', code: 'request_refused', message };
  return stranger(answer);
}

function stranger(answer: Answer): Verdict {
  const message = `status ${answer.status} with what is no bulk answer: ${bodyOf(answer)}`;
  const afterMs = retryAfter(answer.headers);
  return { kind: 'retry', code: 'not_elasticsearch', message, ...(afterMs !== undefined && { afterMs }) };
}

/** The client unpacks gzip and deflate alone. */
function bodyOf({ headers, text }: Answer): string {
  const coding = headers['content-encoding'];
  const isPacked = typeof coding === 'string' && /\b(?:br|zstd|compress)\b/i.test(coding);
  return isPacked ? `a body that cannot be read (content-encoding ${JSON.stringify(coding)})` : excerpt(text);
}

/** Type and reason of an error body in Elasticsearch's layout; `undefined` for any other text. */
export function reasonOf(text: string): string | undefined {
  const error = parseObject(text)?.['error'];
  if (typeof error === 'string') return error.slice(0, MAX_MESSAGE);
  return typeof error === 'object' && error !== null ? describe(error) : undefined;
}

function describe(error: ServerError | undefined): string | undefined {
  if (error?.type === undefined) return undefined;
  const own = error.reason === undefined ? error.type : `${error.type}: ${error.reason}`;
  const cause = describe(error.caused_by);
  return (cause === undefined ? own : `${own} (${cause})`).slice(0, MAX_MESSAGE);
}

/** The beginning of a body on one line, for messages. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty body';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** The object that a text holds, if it does. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
