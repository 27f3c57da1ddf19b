import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkedLine } from './mark-text.ts';
import { type Request, readRequest, storeRequest } from './unconfirmed.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unconfirmed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'unconfirmed.request');
const request: Request = {
  sequence: 7,
  address: 'series',
  encoding: 'gzip',
  body: new Uint8Array([10, 0, 255, 10, 13]),
  marks: new Map([['k', { time: 5n, start: 1n, total: { kind: 'number', value: 2n } }]]),
};

test('a request comes back byte for byte, with its marks', async () => {
  await storeRequest(folder, request);
  expect(await readRequest(folder)).toEqual(request);
});

test('the later one stands in the place of the earlier one', async () => {
  await storeRequest(folder, request);
  await storeRequest(folder, { ...request, sequence: 8 });
  expect((await readRequest(folder))?.sequence).toBe(8);
});

test('none, a damaged one and half of one are none', async () => {
  expect(await readRequest(folder)).toBeNull();
  await storeRequest(folder, request);
  const bytes = readFileSync(path());
  for (let cut = 0; cut < bytes.length; cut += 7) {
    writeFileSync(path(), bytes.subarray(0, cut));
    expect(await readRequest(folder)).toBeNull();
  }
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path(), bytes);
  expect(await readRequest(folder)).toBeNull();
});

test('one of a newer version is refused', async () => {
  writeFileSync(path(), checkedLine({ format: 'tailrace datadog request', version: 2 }));
  await expect(readRequest(folder)).rejects.toThrow('version 2, newer than 1: use a newer tailrace');
});
