import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkHeader, readPem } from './connection-options.ts';
import { ConfigError } from './plugin.ts';

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
