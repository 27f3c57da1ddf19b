import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, listenOnLoopback } from './listen.ts';

test('a port that was given away is not given again, also while nothing listens on it', async () => {
  const ports = await Promise.all(Array.from({ length: 300 }, () => freePort()));
  expect(new Set(ports).size).toBe(300);
  for (const port of ports) expect(port >= 20_000 && port < 30_000, String(port)).toBe(true);
});

test('a server that listens at once never sits on such a port', async () => {
  const { port, stop } = await listenOnLoopback(createServer());
  onTestFinished(stop);
  expect(port >= 10_000 && port < 20_000, String(port)).toBe(true);
});
