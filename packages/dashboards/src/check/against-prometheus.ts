import { refusal, type Words } from '../push/refusal.ts';
import type { Answer, Server } from '../push/server.ts';
import type { MetricRead } from '../reads.ts';
import { together } from './fields.ts';

const WORDS: Words = { credentials: 'PROMETHEUS_TOKEN', rights: 'reading of series and labels' };

/** What is wrong with the metrics that panels read, in the series of a Prometheus. */
export async function prometheusProblems(server: Server, reads: readonly MetricRead[]): Promise<string[]> {
  const labels = new Map<string, ReadonlySet<string>>();
  for (const name of new Set(reads.map(seriesName))) labels.set(name, await labelsOf(server, name));
  const isMissing = [...labels.values()].some(({ size }) => size === 0);
  const all = isMissing ? await allNames(server) : [];
  const problems = reads.flatMap((read) => {
    const name = seriesName(read);
    const found = labels.get(name) ?? new Set();
    if (found.size === 0) return [{ ...read, problem: `there are no series ${name}${hint(name, read, all)}` }];
    const wanted = read.kind === 'histogram' ? [...read.labels, 'le'] : read.labels;
    return wanted
      .filter((label) => !found.has(label))
      .map((label) => ({ ...read, problem: lacking(name, label, found) }));
  });
  return together(problems);
}

/** A histogram is a series per bucket. */
function seriesName({ metric, kind }: MetricRead): string {
  return kind === 'histogram' ? `${metric}_bucket` : metric;
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#getting-label-names; none: there are no such series. */
async function labelsOf(server: Server, name: string): Promise<ReadonlySet<string>> {
  const match = encodeURIComponent(`{__name__="${name}"}`);
  return new Set(dataOf(server, await server.request('GET', `/api/v1/labels?match[]=${match}`)));
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#querying-label-values */
async function allNames(server: Server): Promise<readonly string[]> {
  return dataOf(server, await server.request('GET', '/api/v1/label/__name__/values'));
}

function dataOf(server: Server, answer: Answer): readonly string[] {
  const { data } = (answer.json ?? {}) as { data?: unknown };
  if (answer.status !== 200 || !Array.isArray(data)) throw refusal(server, answer, WORDS);
  return data as string[];
}

function hint(name: string, { of }: MetricRead, all: readonly string[]): string {
  const near = all.find((each) => each.endsWith(name));
  if (near === undefined) return '';
  const prefix = near.slice(0, -name.length);
  return of === 'mirrord' ? `; there are ${near}: set metric_prefix=${prefix}` : `; there are ${near}`;
}

/** Prometheus puts `exported_` before a label of a target that it has itself, unless `honor_labels` is set. */
function lacking(name: string, label: string, found: ReadonlySet<string>): string {
  const renamed = found.has(`exported_${label}`)
    ? `; there is exported_${label}: set honor_labels in the scrape configuration`
    : '';
  return `${name} has no label ${label}${renamed}`;
}
