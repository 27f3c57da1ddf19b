import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  checkHeader,
  readClientTls,
  readHeaders,
  readPem,
  readProxy,
  readServerTls,
  readUser,
} from './connection-options.ts';
import { ConfigError } from './plugin.ts';
import { Secret } from './schema.ts';

/** The fault that a call finds, as a person reads it. */
function fault(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${error.at.join('.')}: ${error.message}`;
  }
}

test('a PEM file is read from where the pipeline stands; what is none is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pem-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const context = { resolvePath: (file: string) => join(folder, file) };
  await writeFile(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
  await writeFile(join(folder, 'ca.der'), Buffer.of(0x30, 0x82));
  const at = ['tls', 'ca'];
  expect(readPem('ca.pem', at, context)).toBe('-----BEGIN CERTIFICATE-----\n');
  expect(fault(() => readPem('ca.der', at, context))).toBe('tls.ca: ca.der holds no PEM');
  expect(fault(() => readPem('none', at, context))).toMatch(/^tls\.ca: cannot read none: ENOENT/);
});

test('a header that cannot be sent is named, its value is not', () => {
  const said = 'headers.a: holds characters that an HTTP header cannot have, such as a line break';
  expect(fault(() => checkHeader(['headers', 'a'], 'a', 'b'))).toBeUndefined();
  expect(fault(() => checkHeader(['headers', 'a'], 'a', 'secret\n'))).toBe(said);
  expect(fault(() => checkHeader(['headers', 'a'], 'a b', 'c'))).toBe(said);
});

const NO_FILES = { resolvePath: (file: string) => join('/no-such-folder', file) };

test('TLS of a client is what is set; a check of certificates is not', () => {
  const urls = [new URL('https://a.example'), new URL('http://b.example')];
  expect(readClientTls({ verify: true }, urls, NO_FILES)).toEqual({});
  const set = { server_name: 'a', verify: false };
  expect(readClientTls(set, urls, NO_FILES)).toEqual({ servername: 'a', rejectUnauthorized: false });
  expect(fault(() => readClientTls(set, urls.slice(1), NO_FILES))).toBe(
    'tls: has no effect, for http://b.example is reached without TLS: write https://',
  );
  const named = (option?: string) => ['own', option ?? 'all'];
  expect(fault(() => readClientTls({ ca: 'ca.pem' }, urls, NO_FILES, named))).toMatch(/^own\.ca: cannot read ca\.pem/);
});

test('a listener has a certificate with its key, or neither', () => {
  const read = (tls: object) => fault(() => readServerTls(tls, NO_FILES, ['page', 'tls']));
  expect(readServerTls({}, NO_FILES)).toBeNull();
  expect(read({ key: 'k' })).toBe('page.tls.certificate: is missing beside `key`');
  expect(read({ certificate: 'c' })).toBe('page.tls.key: is missing beside `certificate`');
  expect(read({ certificate: 'c', key: 'k' })).toMatch(/^page\.tls\.certificate: cannot read c: ENOENT/);
});

test('a proxy is a URL, a user has a password, a header is not the plugin’s own', () => {
  const a = new Secret('ftp://p');
  expect(readProxy(undefined)).toBeUndefined();
  expect(fault(() => readProxy(a))).toBe('proxy: must be a URL such as http://proxy.example.com:3128');
  expect(readUser({ username: undefined, password: undefined })).toBeUndefined();
  expect(readUser({ username: 'u', password: a })).toEqual({ username: 'u', password: 'ftp://p' });
  expect(fault(() => readUser({ username: 'u:v', password: a }))).toBe('auth.username: cannot hold a colon (RFC 7617)');
  expect(readHeaders({ 'X-A': a, Constructor: a }, /^host$/)).toEqual({ 'x-a': 'ftp://p', constructor: 'ftp://p' });
  expect(fault(() => readHeaders({ 'X-A': a }, /^host$/, ['own'], { 'x-a': 'is taken' }))).toBe('own.X-A: is taken');
  expect(fault(() => readHeaders({ Host: a }, /^host$/))).toBe(
    'headers.Host: cannot be set: it says how requests are sent',
  );
});
