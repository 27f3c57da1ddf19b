import type { ElasticsearchClient } from '@tailrace/testkit';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';

interface Page {
  readonly hits: { readonly hits: readonly { readonly _source: unknown; readonly sort: readonly unknown[] }[] };
}

/** All events that a pipeline stored, with the declared fields alone by their paths: the local store's rows. */
export async function flatEvents(
  node: ElasticsearchClient,
  prefix: string,
  types: Readonly<Record<string, string>>,
): Promise<FlatEvent[]> {
  const events: FlatEvent[] = [];
  let after: readonly unknown[] | undefined;
  for (;;) {
    const body = {
      size: 5000,
      sort: [{ '@timestamp': 'asc' }, { _doc: 'asc' }],
      ...(after && { search_after: after }),
    };
    const { hits } = (await node.json<Page>('POST', `/${prefix}*/_search`, body)).hits;
    events.push(...hits.map(({ _source }) => flatEvent(_source, types)));
    after = hits.at(-1)?.sort;
    if (after === undefined) return events;
  }
}

/** An event with the declared fields alone. */
export function flatEvent(source: unknown, types: Readonly<Record<string, string>>): FlatEvent {
  return Object.fromEntries(
    Object.entries(types).flatMap(([field, type]) => {
      const value = field.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], source);
      if (value === undefined || value === null) return [];
      if (type === 'date') return [[field, Date.parse(String(value))]];
      if (typeof value === 'object') return [[field, JSON.stringify(value)]];
      return [[field, value as string | number | boolean]];
    }),
  );
}
