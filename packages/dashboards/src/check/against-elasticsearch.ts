import { PushError } from '../push/push-error.ts';
import { refusal, type Words } from '../push/refusal.ts';
import type { Server } from '../push/server.ts';
import type { FieldRead } from '../reads.ts';
import { fieldProblems, type KnownField } from './fields.ts';

const WORDS: Words = {
  credentials: 'ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD',
  rights: 'the index privilege view_index_metadata',
};

/** Fields asked for at once: their names stand in the address. */
const AT_ONCE = 40;

/** What is wrong with the fields that panels read, in the mappings of the indices of a pattern. */
export async function elasticsearchProblems(
  server: Server,
  pattern: string,
  reads: readonly FieldRead[],
): Promise<string[]> {
  const names = [...new Set(reads.map(({ field }) => field))];
  const known = new Map<string, KnownField>();
  for (let from = 0; from < names.length; from += AT_ONCE)
    for (const [name, field] of await fieldsOf(server, pattern, names.slice(from, from + AT_ONCE)))
      known.set(name, field);
  return fieldProblems(reads, known, `the mapping of ${pattern}`);
}

interface Capabilities {
  readonly indices?: readonly string[];
  readonly fields?: Readonly<Record<string, Readonly<Record<string, { readonly aggregatable: boolean }>>>>;
}

/** https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-field-caps: types of fields over all indices of a pattern. */
async function fieldsOf(server: Server, pattern: string, names: readonly string[]): Promise<[string, KnownField][]> {
  const indices = pattern.split(',').map(encodeURIComponent).join(',');
  const answer = await server.request(
    'GET',
    `/${indices}/_field_caps?fields=${names.map(encodeURIComponent).join(',')}`,
  );
  const { indices: found = [], fields = {} } = (answer.json ?? {}) as Capabilities;
  if (answer.status === 404 || (answer.status === 200 && found.length === 0))
    throw new PushError(
      `${server.name} has no index that ${pattern} stands for: set the index pattern, or let a pipeline write first`,
    );
  if (answer.status !== 200) throw refusal(server, answer, WORDS);
  return Object.entries(fields).map(([name, types]) => {
    const aggregatable = Object.values(types).every((type) => type.aggregatable);
    return [name, { types: Object.keys(types), aggregatable }];
  });
}
