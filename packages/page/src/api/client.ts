import type { ApiError } from '@tailrace/local';
import { createBusy } from './busy.ts';
import { createLimiter } from './limiter.ts';

/** Why an answer is none, and what helps. */
export interface Failure {
  readonly kind: 'unreachable' | 'token' | 'refused';
  readonly message: string;
}

export type Answer<T> = { readonly value: T } | { readonly failure: Failure } | { readonly aborted: true };

export type Parameters = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Asks the API of the process that serves this page. */
export interface Api {
  get<T>(path: string, parameters: Parameters, signal: AbortSignal): Promise<Answer<T>>;
  post<T>(path: string, body: object, signal: AbortSignal): Promise<Answer<T>>;
  /** Tells whether any answer is awaited, whenever that changes; until the given function is called. */
  onBusy(tell: (isBusy: boolean) => void): () => void;
  /** Milliseconds that answers have taken so far, those that came at once added up. */
  spent(): number;
}

// Browsers open six connections to a server over HTTP/1.1, and the stream of changes keeps one.
const AT_ONCE = 5;

type Request = RequestInit & { readonly signal: AbortSignal };

/** Paths begin behind `/api/v1`. */
export function createApi(): Api {
  const limit = createLimiter(AT_ONCE);
  const busy = createBusy();
  let spent = 0;
  const timed = async <T>(address: string, request: Request): Promise<Answer<T>> => {
    const begin = performance.now();
    const answer = await ask<T>(address, request);
    spent += performance.now() - begin;
    return answer;
  };
  return {
    get: async <T>(path: string, parameters: Parameters, signal: AbortSignal) => {
      const asked = () => limit(() => timed<T>(apiAddress(path, parameters), { signal }), signal);
      return (await busy.during(asked)) ?? { aborted: true };
    },
    post: async <T>(path: string, body: object, signal: AbortSignal) => {
      const headers = { 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify(body), signal };
      return (await limit(() => timed<T>(apiAddress(path, {}), request), signal)) ?? { aborted: true };
    },
    onBusy: busy.onChange,
    spent: () => spent,
  };
}

/** Lists become repeated parameters; what is undefined is left out. */
export function apiAddress(path: string, parameters: Parameters): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return typeof value === 'object' ? value.map((each) => [name, each]) : [[name, String(value)]];
  });
  const query = new URLSearchParams(pairs).toString();
  return `/api/v1${path}${query === '' ? '' : `?${query}`}`;
}

async function ask<T>(address: string, request: Request): Promise<Answer<T>> {
  try {
    const response = await fetch(address, request);
    if (response.ok) return { value: (await response.json()) as T };
    return { failure: await failureOf(response) };
  } catch {
    if (request.signal.aborted) return { aborted: true };
    return { failure: { kind: 'unreachable', message: 'The pipeline does not answer. Is it still running?' } };
  }
}

/** The API's messages are made to stand behind other words. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

async function failureOf(response: Response): Promise<Failure> {
  const body = (await response.json().catch(() => undefined)) as Partial<ApiError> | undefined;
  const message = sentence(body?.error?.message ?? `the answer was ${response.status} ${response.statusText}`);
  if (response.status !== 401) return { kind: 'refused', message };
  return {
    kind: 'token',
    message: `${message} Open the page with its token once: add ?token=… to the address.`,
  };
}
