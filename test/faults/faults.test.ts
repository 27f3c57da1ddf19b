import { fileURLToPath } from 'node:url';
import type { ElasticsearchClient } from '@tailrace/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { elasticsearchOrSkip } from '../support/elasticsearch.ts';
import { fastCases, nameOf } from './axes.ts';
import { runMatrixCase } from './matrix-case.ts';
import { FAST_NAMED } from './named/cases.ts';
import { lineOf } from './report.ts';
import { type CaseResult, hasFailed } from './result.ts';
import type { Shared } from './stage.ts';

const access = await elasticsearchOrSkip();
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const command = [process.execPath, '--conditions=source', main];

describe.skipIf(access.skipped)('nothing is lost, doubled or invented', () => {
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await access.shared();
  });
  const named = FAST_NAMED.map(({ name, play }) => ({ name, play: (shared: Shared) => play(name, shared) }));
  const cells = fastCases().map((one) => ({
    name: nameOf(one),
    play: (shared: Shared) => runMatrixCase(one, shared),
  }));

  test.concurrent.for([...named, ...cells])('$name', { timeout: 120_000 }, async ({ play }) => {
    const result: CaseResult = await play({ node, command });
    if (result.skipped !== undefined) console.warn(`SKIPPED: ${lineOf(result)}`);
    expect(hasFailed(result), `${lineOf(result)}\n${'said' in result ? result.said : ''}`).toBe(false);
  });
});
