import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Functions of the test runner, of vitest or node:test for example: the kit itself needs none. */
export interface TestHooks {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
}

/** How long a suite waits for what a plugin has to do, in milliseconds: for a slow machine, not for the plugin. */
const PATIENCE_MS = 20_000;

/** Runs with an empty folder, or one with these files, which is removed afterwards. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tailrace-contract-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The result, or an error that says what has not happened. */
export async function withPatience<T>(what: string, result: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}
