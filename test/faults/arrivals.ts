import { type ElasticsearchClient, type FaultLedger, judge, readDelivered, type Verdict } from '@tailrace/testkit';
import { letterIds } from './stage-files.ts';
import { until } from './subject.ts';

/** Longer than any pause that the sink of the pipeline makes. */
const STANDSTILL_MS = 12_000;

/** What has arrived of a case. */
export interface Arrivals {
  /** Documents that are there now; 0 while the server cannot say. */
  delivered(): Promise<number>;
  /** Waits until nothing more is missing; `false` when that is still so after `timeoutMs`, or nothing has come for long. */
  allDelivered(timeoutMs: number): Promise<boolean>;
  verdict(): Promise<Verdict>;
}

/** Watches the indices that begin with `prefix` and the dead letters of a `data_dir`. */
export function arrivalsOf(node: ElasticsearchClient, prefix: string, dataDir: string, ledger: FaultLedger): Arrivals {
  const delivered = () => count(node, prefix);
  const verdict = async () => judge(ledger, await readDelivered(node, prefix), await letterIds(dataDir));
  return {
    delivered,
    verdict,
    async allDelivered(timeoutMs) {
      let most = 0;
      let grownAt = performance.now();
      let isComplete = false;
      const isOver = async () => {
        const now = await delivered();
        if (now > most) grownAt = performance.now();
        most = Math.max(most, now);
        // Counting is cheap, reading all back is not: only when the count says that it may be worth it.
        isComplete = now >= wanted(ledger) && (await verdict()).lost === 0;
        return isComplete || performance.now() - grownAt > STANDSTILL_MS;
      };
      await until(timeoutMs, isOver, 250);
      return isComplete;
    },
  };
}

function wanted({ issued, destroyed }: FaultLedger): number {
  let sum = 0;
  for (const [id, { copies, poison }] of issued) if (!poison && !destroyed.has(id)) sum += copies;
  return sum;
}

/** 0 while the server cannot say: it may be down, or an index just being made. */
async function count(node: ElasticsearchClient, prefix: string): Promise<number> {
  try {
    await node.request('POST', `${prefix}*/_refresh`);
    return (await node.request<{ count?: number }>('GET', `${prefix}*/_count`)).body.count ?? 0;
  } catch {
    return 0;
  }
}

/** Types for what the oracle needs; anything else is stored as it comes. */
export async function putTemplate(node: ElasticsearchClient, prefix: string): Promise<void> {
  const properties = { id: { type: 'keyword' }, n: { type: 'integer' }, '@timestamp': { type: 'date_nanos' } };
  await node.json('PUT', `_index_template/${prefix}`, {
    index_patterns: [`${prefix}*`],
    template: {
      settings: { number_of_shards: 1, number_of_replicas: 0 },
      mappings: { dynamic: false, properties },
    },
  });
}
