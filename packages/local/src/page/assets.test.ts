import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { page } from './assets.generated.ts';

const MOST = 150 * 1024;

it('what runs in the browser is small', () => {
  const bytes = gzipSync(page.js, { level: 9 }).length;
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(MOST);
});

it('nothing of the page comes from elsewhere, and nothing in it needs a weaker policy', () => {
  expect(page.html).not.toMatch(/<script[^>]*>[^<]/);
  expect(page.html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  const addresses = [page.html, page.css].join().match(/(?:https?:)?\/\/[^\s"')]+/g) ?? [];
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  expect(page.css).not.toMatch(/@import/);
  expect(/\beval\(|new Function\(/.test(page.js)).toBe(false);
});
