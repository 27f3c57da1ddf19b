import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { moduleLoader } from './config/code/module-loader.ts';
import { batchesOf, thrownText } from './plugin-fault.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tailrace-fault-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what a named module throws has its place, what this program throws has none', async () => {
  const file = path.join(folder, 'a b.ts');
  writeFileSync(
    file,
    "export function fails(inner?: () => void): void {\n  inner?.();\n  throw new Error('no card');\n}\n",
  );
  const { exports } = await moduleLoader(import.meta.url).load('./a b.ts', folder);
  const fails = exports['fails'] as (inner?: () => void) => void;
  const thrownBy = (run: () => void): unknown => {
    try {
      run();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(thrownText(thrownBy(fails))).toBe(`${file}:3:9: no card`);
  // The line of the plugin that called into this program helps its author, too.
  const inner = () => {
    throw new Error('no such path');
  };
  expect(thrownText(thrownBy(() => fails(inner)))).toBe(`${file}:2:10: no such path`);
  expect(thrownText(thrownBy(inner))).toBe('no such path');
  expect(thrownText('a text')).toBe('threw a text');
});

test.each([
  ['undefined', () => undefined],
  ['null', () => null],
  ['object', () => ({})],
  ['string', () => ['x']],
  ['a promise (it must not be async)', () => Promise.resolve()],
  ['a promise (it must not be async)', () => Promise.reject(new Error('nobody hears of it'))],
])('a transform that returns %s is told so', (kind, transform: () => unknown) => {
  expect(() => batchesOf(transform())).toThrow(`the transform returned ${kind}, not a batch`);
});
