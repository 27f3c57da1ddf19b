import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpSignal } from '@tailrace/testkit';

/** What was sent, and how often a request had to be repeated. */
export interface Fed {
  requests: number;
  repeats: number;
}

/**
 * Posts each request until it is taken, some at a time, as a client does that loses nothing. `onTaken` hears how many were
 * taken so far and is waited for.
 */
export async function feed(
  url: string,
  signal: OtlpSignal,
  requests: readonly object[],
  onTaken: (taken: number) => Promise<void> | void = () => undefined,
): Promise<Fed> {
  const fed: Fed = { requests: 0, repeats: 0 };
  const left = requests.values();
  const client = async (): Promise<void> => {
    for (const request of left) {
      while (!(await post(`${url}/v1/${signal}`, request))) {
        fed.repeats += 1;
        await sleep(50);
      }
      fed.requests += 1;
      await onTaken(fed.requests);
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return fed;
}

/** Whether the request was taken; one that is wrong for good is an error. */
async function post(url: string, request: object): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) }).catch(() => undefined);
  if (response === undefined) return false;
  const text = await response.text();
  if (response.status === 400 || response.status === 404 || response.status === 415) throw new Error(`${url}: ${text}`);
  return response.ok;
}
