import type { ElasticsearchClient } from '@tailrace/testkit';

/** What aggregations answer, by their names. */
export type Aggregations = Record<
  string,
  { value?: number; buckets?: { key: string; doc_count: number }[]; values?: Record<string, number> }
>;

/** What mirrord's published dashboards read, with the types that these need. */
export const PUBLISHED_TYPES: Readonly<Record<string, string>> = {
  '@timestamp': 'date',
  timestamp: 'date',
  level: 'keyword',
  'kubernetes.namespace_name': 'keyword',
  'kubernetes.container_name': 'keyword',
  'kubernetes.pod_name': 'keyword',
  'docker.container_id': 'keyword',
  'fields.message': 'keyword',
  'fields.client_id': 'keyword',
  'fields.client_name': 'keyword',
  'fields.client_hostname': 'keyword',
  'fields.client_user': 'keyword',
  'fields.target_type': 'keyword',
  'fields.target_namespace': 'keyword',
  'fields.target_name': 'keyword',
  'fields.session_id': 'keyword',
  'fields.session_duration': 'double',
  'fields.port': 'long',
  'fields.http_filter': 'keyword',
  'fields.scale_down': 'boolean',
};

/** How many documents can be found in the indices whose names begin so. */
export async function storedCount(node: ElasticsearchClient, prefix: string): Promise<number> {
  await node.request('POST', `/${prefix}*/_refresh`);
  return (await node.json<{ count: number }>('GET', `/${prefix}*/_count`)).count;
}

/** What those documents answer to aggregations. */
export async function aggregateStored(
  node: ElasticsearchClient,
  prefix: string,
  aggs: object,
  query: object = { match_all: {} },
): Promise<Aggregations> {
  const answer = await node.json<{ aggregations: Aggregations }>('POST', `/${prefix}*/_search`, {
    size: 0,
    query,
    aggs,
  });
  return answer.aggregations;
}

/** How often each kind of message is stored. */
export async function storedMessages(node: ElasticsearchClient, prefix: string): Promise<Map<string, number>> {
  const aggs = { messages: { terms: { field: 'fields.message', size: 1000 } } };
  const { messages } = await aggregateStored(node, prefix, aggs);
  return new Map(messages!.buckets!.map((bucket) => [bucket.key, bucket.doc_count]));
}

/** The types that the indices give these fields; several joined by a comma, none as ''. */
export async function storedTypes(
  node: ElasticsearchClient,
  prefix: string,
  fields: readonly string[],
): Promise<Record<string, string>> {
  const answer = await node.json<{ fields: Record<string, object> }>('GET', `/${prefix}*/_field_caps?fields=*`);
  return Object.fromEntries(fields.map((field) => [field, Object.keys(answer.fields[field] ?? {}).join()]));
}
