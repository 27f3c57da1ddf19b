import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { nodeId } from './node-id.ts';

const folder = testFolder({ beforeEach, afterEach });

it('is the node’s name where there is one', async () => {
  expect(await nodeId(folder.path, { NODE_NAME: 'worker-3' })).toBe('name:worker-3');
});

it('is drawn once per data_dir else, so that cloned machines differ', async () => {
  const other = join(folder.path, 'other');
  await mkdir(other);
  const [first, elsewhere] = await Promise.all([nodeId(folder.path, {}), nodeId(other, {})]);
  expect(first).toMatch(/^machine:[0-9a-f]*-[0-9a-f]{24}$/);
  expect(elsewhere).not.toBe(first);
  expect(await nodeId(folder.path, { NODE_NAME: '' })).toBe(first);
  expect(await readFile(join(folder.path, 'node-id'), 'utf8')).toBe(`${first}\n`);
});

it('is drawn anew when it was cut off, and an error when it cannot be read', async () => {
  await writeFile(join(folder.path, 'node-id'), 'machine:abc');
  expect(await nodeId(folder.path, {})).not.toContain(':abc-');
  await rm(join(folder.path, 'node-id'));
  await mkdir(join(folder.path, 'node-id'));
  await expect(nodeId(folder.path, {})).rejects.toThrow('EISDIR');
});
