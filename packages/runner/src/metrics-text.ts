import type { ComponentStats, Histogram, SinkStats } from './stats.ts';

/** Names and values that tell time series of one metric apart. */
export type Labels = Record<string, string>;

/** The labels that each metric of a component has. */
export function labelsOf(stats: ComponentStats): Labels {
  return { component_id: stats.id, component_type: stats.type, component_kind: stats.kind };
}

const HISTOGRAMS: readonly [string, string, (sink: SinkStats) => Histogram][] = [
  ['tailrace_sink_request_duration_seconds', 'How long requests took.', (sink) => sink.requestSeconds],
  ['tailrace_sink_request_events', 'Events in a request.', (sink) => sink.requestEvents],
  ['tailrace_sink_request_bytes', 'Bytes of a request body before compression.', (sink) => sink.requestBytes],
  [
    'tailrace_event_lag_seconds',
    'From an event’s time to its delivery; the oldest event of each request.',
    (sink) => sink.lagSeconds,
  ],
];

/** Histograms and plugin gauges, which prom-client cannot take as finished numbers. */
export function extraText(components: readonly ComponentStats[]): string {
  const lines: string[] = [];
  for (const [name, help, read] of HISTOGRAMS) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`);
    for (const stats of components) if (stats.sink) pushHistogram(lines, name, labelsOf(stats), read(stats.sink));
  }
  const gauges = new Map<string, string[]>();
  for (const stats of components) {
    for (const [name, values] of stats.gauges) {
      for (const { help, labels, value } of values.values()) {
        const full = `tailrace_component_${name}`;
        const known = gauges.get(full) ?? [`# HELP ${full} ${helpText(help)}`, `# TYPE ${full} gauge`];
        gauges.set(full, known);
        known.push(`${full}${print({ ...labelsOf(stats), ...labels })} ${number(value)}`);
      }
    }
  }
  return `${[...lines, ...[...gauges.values()].flat()].join('\n')}\n`;
}

function pushHistogram(lines: string[], name: string, labels: Labels, values: Histogram): void {
  let total = 0;
  for (const [k, count] of values.counts.entries()) {
    total += count;
    lines.push(
      `${name}_bucket${print({ ...labels, le: k < values.bounds.length ? String(values.bounds[k]) : '+Inf' })} ${total}`,
    );
  }
  lines.push(`${name}_sum${print(labels)} ${values.sum}`, `${name}_count${print(labels)} ${total}`);
}

/** Numbers as the text format spells them. */
function number(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function helpText(help: string): string {
  return help.replace(/[\\\n]/g, (c) => (c === '\n' ? '\\n' : '\\\\'));
}

function print(labels: Labels): string {
  const quoted = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
  return `{${Object.entries(labels)
    .map(([key, value]) => `${key}="${quoted(value)}"`)
    .join(',')}}`;
}
