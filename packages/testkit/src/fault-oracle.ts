import { isDeepStrictEqual } from 'node:util';
import type { ElasticsearchClient } from './elasticsearch.ts';
import type { FaultLedger, Issue } from './fault-ledger.ts';

/** What became of the events of a case. */
export interface Verdict {
  issued: number;
  /** Neither delivered nor a dead letter, though nothing that the case did explains it. */
  lost: number;
  /** Not there because the case itself destroyed the bytes. */
  unreachable: number;
  /** Delivered more often than written. */
  duplicated: number;
  /** Delivered, but never written so: an unknown id, or another payload or time. */
  invented: number;
  deadLetters: number;
  /** Dead letters of events that the target would have taken. */
  misplaced: number;
  /** Some ids of each kind of fault, for the report of a failed case. */
  examples: string[];
}

/** A document or a dead letter's event, as it came out. */
export type Arrived = Readonly<Record<string, unknown>>;

const PAGE = 5000;

/** Reads every document under an index prefix back, in pages; the indices are refreshed first. */
export async function readDelivered(client: ElasticsearchClient, prefix: string): Promise<Arrived[]> {
  interface Hit {
    _source: Arrived;
    sort: unknown[];
  }
  await client.request('POST', `${prefix}*/_refresh`);
  const { id } = await client.json<{ id: string }>('POST', `${prefix}*/_pit?keep_alive=1m&allow_no_indices=true`);
  const all: Arrived[] = [];
  for (let after: unknown[] | undefined; ; ) {
    const page = await client.json<{ hits: { hits: Hit[] } }>('POST', '_search', {
      size: PAGE,
      pit: { id, keep_alive: '1m' },
      sort: ['_shard_doc'],
      ...(after && { search_after: after }),
      track_total_hits: false,
    });
    all.push(...page.hits.hits.map((hit) => hit._source));
    if (page.hits.hits.length < PAGE) break;
    after = page.hits.hits.at(-1)!.sort;
  }
  await client.request('DELETE', '_pit', { id });
  return all;
}

/** Compares what arrived with what was written; every property is counted over all events. */
export function judge(ledger: FaultLedger, delivered: readonly Arrived[], deadLettered: ReadonlySet<string>): Verdict {
  const counts = new Map<string, number>();
  const examples: string[] = [];
  const example = (kind: string, what: string) => {
    if (examples.filter((text) => text.startsWith(kind)).length < 3) examples.push(`${kind}: ${what}`);
  };
  const verdict = { issued: 0, lost: 0, unreachable: 0, duplicated: 0, invented: 0, deadLetters: 0, misplaced: 0 };
  for (const document of delivered) {
    const issue = ledger.issued.get(String(document['id']));
    if (issue !== undefined && isAsWritten(issue, document)) {
      counts.set(issue.payload.id, (counts.get(issue.payload.id) ?? 0) + 1);
      continue;
    }
    verdict.invented++;
    example('invented', JSON.stringify(document).slice(0, 300));
  }
  for (const [id, issue] of ledger.issued) {
    const there = counts.get(id) ?? 0;
    verdict.issued += issue.copies;
    if (there > issue.copies) example('duplicated', `${id} ×${there}`);
    verdict.duplicated += Math.max(0, there - issue.copies);
    if (deadLettered.has(id)) {
      verdict.deadLetters++;
      if (!issue.poison) example('misplaced', id);
      verdict.misplaced += issue.poison ? 0 : 1;
      continue;
    }
    const missing = Math.max(0, issue.copies - there);
    if (missing === 0) continue;
    const kind = ledger.destroyed.has(id) ? 'unreachable' : 'lost';
    verdict[kind] += missing;
    if (kind === 'lost') example(kind, id);
  }
  return { ...verdict, examples };
}

function isAsWritten({ payload, time }: Issue, document: Arrived): boolean {
  if (document['@timestamp'] !== time) return false;
  return Object.entries(payload).every(([key, value]) => isDeepStrictEqual(document[key], value));
}
