import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Elasticsearch, startElasticsearch } from '@tailrace/testkit';
import type { CaseResult } from '../result.ts';
import type { Shared } from '../stage.ts';

/** The script that installs and runs Elasticsearch. */
export const KIT = join(dirname(fileURLToPath(import.meta.url)), '../../servers/elasticsearch/elasticsearch.sh');

/** Plays a case on a node of its own, with settings that the shared one must not have, or to be killed. */
export async function ownNode(
  settings: Record<string, string>,
  shared: Shared,
  play: (shared: Shared, node: Elasticsearch) => Promise<CaseResult>,
): Promise<CaseResult> {
  const node = await startElasticsearch({ kit: KIT, settings });
  try {
    return await play({ ...shared, node }, node);
  } finally {
    await node.stop();
  }
}
