import type { Dashboard, Parameters, Target } from '../model.ts';
import { indicesOf } from '../panel-for.ts';
import { PushError } from '../push/push-error.ts';
import { refusal, type Words } from '../push/refusal.ts';
import { type Access, type Server, serverOf } from '../push/server.ts';
import { fieldsRead, metricsRead } from '../reads.ts';
import { elasticsearchProblems } from './against-elasticsearch.ts';
import { prometheusProblems } from './against-prometheus.ts';

/** What a server says to dashboards. */
export interface AgainstServer {
  readonly product: 'Elasticsearch' | 'Prometheus';
  /** One line for each panel that would be empty or wrong, by the dashboard's id. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

const WORDS: Words = {
  credentials: 'ELASTICSEARCH_API_KEY, ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, or PROMETHEUS_TOKEN',
  rights: 'reading of mappings or of series',
};

/**
 * Whether a server has all that panels read: an Elasticsearch the fields, with types that their aggregations need, a Prometheus the metrics
 * and their labels. Throws a {@link PushError} when there is no answer.
 */
export async function checkAgainst(
  access: Access,
  dashboards: readonly Dashboard[],
  targets: readonly Target[],
  parameters: Parameters,
): Promise<AgainstServer> {
  const server = serverOf('The server', access);
  try {
    const product = await productOf(server);
    const problems = new Map<string, readonly string[]>();
    for (const dashboard of dashboards)
      problems.set(dashboard.id, await problemsOf(server, product, dashboard, targets, parameters));
    return { product, problems };
  } finally {
    server.close();
  }
}

/** Both tell their version, each at its own place. */
async function productOf(server: Server): Promise<AgainstServer['product']> {
  const root = await server.request('GET', '/');
  if (root.status === 401 || root.status === 403) throw refusal(server, root, WORDS);
  if (versionIn(root.json) !== undefined) return 'Elasticsearch';
  const build = await server.request('GET', '/api/v1/status/buildinfo');
  if (build.status === 401 || build.status === 403) throw refusal(server, build, WORDS);
  if (versionIn({ version: (build.json as { data?: unknown } | undefined)?.data }) !== undefined) return 'Prometheus';
  throw new PushError(`${server.name} answers neither as an Elasticsearch nor as a Prometheus: check the address`);
}

function versionIn(json: unknown): string | undefined {
  const { version } = (json ?? {}) as { version?: { number?: unknown; version?: unknown } };
  const number = version?.number ?? version?.version;
  return typeof number === 'string' ? number : undefined;
}

/** Those that ask these servers; Datadog asks none, and the local store makes its columns of the field file. */
const ASKING: ReadonlySet<Target> = new Set(['kibana', 'grafana']);

async function problemsOf(
  server: Server,
  product: AgainstServer['product'],
  dashboard: Dashboard,
  targets: readonly Target[],
  parameters: Parameters,
): Promise<readonly string[]> {
  const isAsked = ({ target }: { readonly target: Target }) => targets.includes(target) && ASKING.has(target);
  if (product === 'Prometheus')
    return await prometheusProblems(server, metricsRead(dashboard, parameters).filter(isAsked));
  const { pattern } = indicesOf(dashboard, parameters);
  return await elasticsearchProblems(server, pattern, fieldsRead(dashboard, parameters).filter(isAsked));
}
