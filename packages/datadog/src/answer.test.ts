import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge } from './answer.ts';
import type { Answer } from './http-client.ts';

const answer = (status: number, text = '', headers: Answer['headers'] = {}) =>
  judge({ kind: 'answer', status, headers, text });
const OWN = '{"errors":[{"status":"400","title":"Bad Request","detail":"entry 3"}]}';
const SAID = 'Bad Request: entry 3';

describe('what each answer leads to', () => {
  // One row per row of the table under “Answers” in docs/datadog.md.
  const rows = [
    ['202', () => answer(202, '{}'), { kind: 'done', refused: [] }],
    ['400', () => answer(400, OWN), { kind: 'refused', code: 'request_refused', message: SAID }],
    ['401', () => answer(401, OWN), { kind: 'pause', code: 'unauthorized', message: SAID }],
    ['403', () => answer(403, '{"errors":["Forbidden"]}'), { kind: 'pause', code: 'forbidden', message: 'Forbidden' }],
    ['408', () => answer(408), { kind: 'retry', code: 'server_timeout', message: 'status 408: an empty body' }],
    ['413', () => answer(413, OWN), { kind: 'split', code: 'request_too_large', message: SAID }],
    ['429', () => answer(429, OWN), { kind: 'retry', code: 'server_busy', message: SAID }],
    ['500', () => answer(500, OWN), { kind: 'retry', code: 'server_error', message: SAID }],
    [
      '5xx',
      () => answer(502, '<p>later</p>'),
      { kind: 'retry', code: 'server_error', message: 'status 502: <p>later</p>' },
    ],
    ['404', () => answer(404, 'nginx'), { kind: 'retry', code: 'not_datadog', message: 'status 404: nginx' }],
    [
      'none',
      () => judge({ kind: 'none', cause: 'refused', message: 'ECONNREFUSED' }),
      { kind: 'retry', code: 'server_unreachable', message: 'ECONNREFUSED' },
    ],
  ] as const;

  test.each(rows)('%s', (_, given, verdict) => expect(given()).toEqual(verdict));

  test('the documentation says the same', () => {
    const page = readFileSync(new URL('../../../docs/datadog.md', import.meta.url), 'utf8');
    const table = page.split('\n## Answers\n')[1]!.split('\n#')[0]!;
    const said = [...table.matchAll(/^\| (\w+) \| .* \| (.*)\|$/gm)]
      .slice(1)
      .map(([, status, codes]) => [status, codes!.trim()]);
    const done = rows.map(([status, given]) => {
      const verdict = given();
      return [status, verdict.kind === 'done' ? '' : `\`${verdict.code}\``];
    });
    for (const [i, [status, code]] of done.entries())
      expect([said[i]![0], said[i]![1]!.split(', ')[0]]).toEqual([status, code]);
    expect(said).toHaveLength(done.length);
  });
});

test.each([
  ['aborted', 'server_timeout'],
  ['tls', 'tls_failed'],
] as const)('no answer because of %s is tried again', (cause, code) => {
  expect(judge({ kind: 'none', cause, message: 'm' })).toEqual({ kind: 'retry', code, message: 'm' });
});

describe('what does not come from Datadog', () => {
  test('is tried again, whatever its status', () => {
    for (const [status, text] of [
      [400, '<html>Bad Request</html>'],
      [400, '{"error":"x"}'],
      [200, '<html>Welcome</html>'],
      [204, 'x'],
      [302, ''],
      [415, OWN],
    ] as const) {
      expect(answer(status, text)).toMatchObject({ kind: 'retry', code: 'not_datadog' });
    }
  });

  test('is taken for 202 when it is a success without content', () => {
    for (const [status, text] of [
      [200, ''],
      [200, ' {} \n'],
      [204, ''],
      [202, 'anything'],
      [200, '{"status": "ok"}'],
    ] as const) {
      expect(answer(status, text)).toEqual({ kind: 'done', refused: [] });
    }
  });

  test('is shown by its beginning only', () => {
    expect(answer(500, `a\n${'b'.repeat(500)}`)).toMatchObject({ message: `status 500: a ${'b'.repeat(198)}…` });
    expect(answer(500, JSON.stringify({ errors: ['c'.repeat(5000)] }))).toMatchObject({ message: 'c'.repeat(1000) });
  });
});

test('errors without words are shown as they are', () => {
  expect(answer(500, '{"errors":[{"code":7},"x"]}')).toMatchObject({ message: '{"code":7}; x' });
});

describe('how long to wait', () => {
  test.each([
    [{ 'retry-after': '3' }, 3000],
    [{ 'x-ratelimit-reset': '7' }, 7000],
    [{ 'retry-after': '3', 'x-ratelimit-reset': '7' }, 3000],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:05 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' }, 5000],
    [{ 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT', date: 'Sun Nov  6 08:49:07 1994' }, 30_000],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'x-ratelimit-reset': '-1' }, undefined],
  ])('%j', (headers, afterMs) => {
    for (const status of [401, 403, 408, 429, 503, 404]) {
      const verdict = answer(status, OWN, headers);
      expect('afterMs' in verdict ? verdict.afterMs : undefined).toBe(afterMs);
    }
  });
});
