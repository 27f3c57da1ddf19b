/** Milliseconds of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date by the clock of the one that sent it; `undefined` without one. */
export function retryAfter(headers: Readonly<Record<string, unknown>>): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = httpDate(value);
  return date === undefined ? undefined : Math.max(0, date - (httpDate(headers['date']) ?? Date.now()));
}

/** Unix milliseconds of an HTTP date in any of its three forms (RFC 9110, 5.6.7); the oldest of them does not name its zone. */
function httpDate(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[A-Z][a-z]{2,8},? /.test(value)) return undefined;
  const ms = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
