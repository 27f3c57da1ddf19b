import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, resolveConfig } from '@tailrace/core';
import { certificateAuthority, pluginContext } from '@tailrace/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scrapeOptions } from './options.ts';
import { readTargets } from './target.ts';

let folder = '';
const issued = certificateAuthority().issue({ name: 'client' });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrape-'));
  await writeFile(join(folder, 'client.pem'), issued.certificate);
  await writeFile(join(folder, 'client.key'), issued.key);
  await writeFile(join(folder, 'other.key'), certificateAuthority().issue({ name: 'other' }).key);
  await writeFile(join(folder, 'none.pem'), 'no PEM');
});
afterAll(() => rm(folder, { recursive: true }));

const read = (options: object) =>
  readTargets(resolveConfig(scrapeOptions, options), { ...pluginContext(folder).context, componentId: 'metrics' });
const problemOf = (options: object) => {
  try {
    read({ targets: ['http://a'], ...options });
  } catch (error) {
    if (error instanceof ConfigError) return [error.at.join('.'), error.message];
    throw error;
  }
  return undefined;
};

test('a URL is enough', () => {
  const [plain, queried] = read({ targets: ['http://10.0.0.7:9000', 'https://x.example/?token=s'] });
  expect(plain).toMatchObject({
    ...{ shown: 'http://10.0.0.7:9000/metrics', job: 'metrics', instance: '10.0.0.7:9000', labels: {} },
    ...{ interval: 30_000, timeout: 10_000, headers: {}, tls: {} },
  });
  expect(queried).toMatchObject({ shown: 'https://x.example/', instance: 'x.example:443' });
  expect(queried!.url.href).toBe('https://x.example/?token=s');
});

test('what a target says itself counts before what the source says', () => {
  const [own, other] = read({
    ...{ interval: '5s', job: 'all', labels: { a: '1', b: '2' }, headers: { 'X-One': '1', 'X-Two': '2' } },
    auth: { bearer: 'shared' },
    targets: [
      {
        ...{ url: 'http://a:1', interval: '1m', timeout: '20s', job: 'mine', instance: 'i', labels: { b: '3' } },
        ...{ headers: { 'x-two': '3' }, auth: { username: 'u', password: 'p:w' } },
      },
      { url: 'http://b:1' },
    ],
  });
  expect(own).toMatchObject({
    ...{ interval: 60_000, timeout: 20_000, job: 'mine', instance: 'i', labels: { a: '1', b: '3' } },
    headers: { 'x-one': '1', 'x-two': '3', authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}` },
  });
  expect(other).toMatchObject({
    ...{ interval: 5000, timeout: 5000, job: 'all', instance: 'b:1' },
    headers: { 'x-one': '1', 'x-two': '2', authorization: 'Bearer shared' },
  });
});

test('TLS options are joined one by one; certificates are checked unless told otherwise', () => {
  const tls = { certificate: 'client.pem', key: 'client.key', server_name: 'n', verify: false };
  const [bare, own, plain] = read({
    tls,
    targets: ['https://a', { url: 'https://b', tls: { verify: true, server_name: 'm' } }, 'http://c'],
  });
  expect(bare!.tls).toEqual({
    ...{ cert: issued.certificate, key: issued.key, servername: 'n', rejectUnauthorized: false },
  });
  expect(own!.tls).toEqual({ cert: issued.certificate, key: issued.key, servername: 'm' });
  expect(plain!.tls).toEqual({});
  expect(read({ targets: ['https://a'] })[0]!.tls).toEqual({});
});

test.each([
  [
    { targets: ['localhost:9000'] },
    'targets.0',
    'must be a URL such as http://10.0.0.7:9000/metrics, is "localhost:9000"',
  ],
  [{ targets: [{ url: 'ftp://a' }] }, 'targets.0.url', expect.stringContaining('must be a URL')],
  [{ targets: ['http://u:p@a'] }, 'targets.0', 'must not hold a user or password: put them under `auth`'],
  [{ targets: ['http://a#b'] }, 'targets.0', 'must not hold a #'],
  [
    { targets: ['http://a', 'http://a/metrics'] },
    'targets.1',
    'has the same job and instance as targets[0], so nobody could tell their metrics apart: give one an `instance`',
  ],
  [{ interval: '50ms' }, 'interval', 'must be 100ms to 24d'],
  [{ timeout: '31s' }, 'timeout', 'must not be longer than the interval: scrapes would overlap'],
  [{ timeout: '0s' }, 'timeout', 'must be more than 0'],
  [
    { targets: [{ url: 'http://a', interval: '1s', timeout: '2s' }] },
    'targets.0.timeout',
    'must not be longer than the interval: scrapes would overlap',
  ],
  [{ labels: { job: 'x' } }, 'labels.job', 'is set by `job`, not by a label'],
  [
    { targets: [{ url: 'http://a', labels: { instance: 'x' } }] },
    'targets.0.labels.instance',
    'is set by `instance`, not by a label',
  ],
  [{ headers: { Host: 'x' } }, 'headers.Host', 'cannot be set: it says how requests are sent'],
  [
    { headers: { 'x-a': 'b\n' } },
    'headers.x-a',
    'holds characters that an HTTP header cannot have, such as a line break',
  ],
  [{ auth: { username: 'a' } }, 'auth.password', 'is missing beside `username`'],
  [{ auth: { password: 'a' } }, 'auth.username', 'is missing beside `password`'],
  [{ auth: { username: 'a:b', password: 'c' } }, 'auth.username', 'cannot hold a colon (RFC 7617)'],
  [{ auth: { bearer: ' ' } }, 'auth.bearer', 'is empty'],
  [{ auth: { bearer: 'a', bearer_file: 'b' } }, 'auth', 'can have one of `bearer`, `bearer_file` and `username`'],
  [{ auth: { bearer: 'a' }, headers: { Authorization: 'x' } }, 'auth', 'cannot stand beside a header `authorization`'],
  [
    { targets: ['https://a', { url: 'http://b', tls: { verify: false } }] },
    'targets.1.tls',
    'has no effect, for http://b is reached without TLS: write https://',
  ],
  [
    { targets: ['http://a', 'http://b'], tls: { server_name: 'a' } },
    'tls',
    'has no effect, for http://a is reached without TLS: write https://',
  ],
  [{ targets: ['https://a'], tls: { certificate: 'client.pem' } }, 'tls.key', 'is missing beside `certificate`'],
  [{ targets: [{ url: 'https://a', tls: { key: 'client.key' } }] }, 'tls.certificate', 'is missing beside `key`'],
  [
    { targets: ['https://a'], tls: { certificate: 'client.pem', key: 'other.key' } },
    'tls.certificate',
    expect.stringMatching(/^client\.pem and other\.key do not make a client: .*mismatch/i),
  ],
  [{ targets: ['https://a'], tls: { ca: 'none.pem' } }, 'tls.ca', 'none.pem holds no PEM'],
  [
    { targets: ['https://a'], tls: { ca: 'gone.pem' } },
    'tls.ca',
    expect.stringContaining('cannot read gone.pem: ENOENT'),
  ],
])('%j is refused', (options, at, message) => {
  expect(problemOf(options)).toEqual([at, message]);
});
