import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type StoreKills, storeKilled } from '../faults/named/local-store.ts';
import { lineOf } from '../faults/report.ts';
import { hasFailed } from '../faults/result.ts';
import { root } from '../repository/workspace.ts';

const command = [process.execPath, '--conditions=source', join(root, 'packages/cli/src/main.ts')];

test.each<[string, StoreKills]>([
  ['memory queue', { times: 3, queue: 'memory', full: false }],
  ['disk queue', { times: 2, queue: 'disk', full: false }],
  ['a store that is full', { times: 2, queue: 'memory', full: true }],
])(
  'killed at random moments, each line is stored once: %s',
  async (name, kills) => {
    const result = await storeKilled(name, { command }, kills);
    expect(hasFailed(result), `${lineOf(result)}\n${result.said}`).toBe(false);
  },
  240_000,
);
