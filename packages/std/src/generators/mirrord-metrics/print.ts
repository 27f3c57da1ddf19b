import {
  type HistogramMetric,
  type HistogramSeries,
  type Labels,
  type Metric,
  type NumberMetric,
  sumOf,
  type Trace,
} from './model.ts';

/** Unix seconds that series of OpenMetrics say they were created at. */
const CREATED = Date.parse('2024-01-01T00:00:00Z') / 1000;

/** The exposition as the operator writes it: text format 0.0.4. */
export function printText(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    if (metric.series.size === 0) continue;
    lines.push(`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.kind}`);
    if (metric.kind === 'histogram') printBuckets(lines, metric, '');
    else for (const { labels, value } of metric.series.values()) lines.push(`${metric.name}${print(labels)} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The same as OpenMetrics 1.0, with exemplars and times of creation. */
export function printOpenMetrics(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    if (metric.series.size === 0) continue;
    const family = metric.name.replace(/_total$/, '');
    // Only names in _total can be counters there.
    const type = metric.kind === 'counter' && family === metric.name ? 'unknown' : metric.kind;
    lines.push(`# TYPE ${family} ${type}`, `# HELP ${family} ${metric.help}`);
    if (metric.kind === 'histogram') printBuckets(lines, metric, family);
    else printNumbers(lines, metric, type === 'counter' ? family : '');
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** `created` is the name before `_created`, empty where none is printed. */
function printNumbers(lines: string[], { name, series }: NumberMetric, created: string): void {
  for (const { labels, value } of series.values()) {
    lines.push(`${name}${print(labels)} ${value}`);
    if (created !== '') lines.push(`${created}_created${print(labels)} ${CREATED}`);
  }
}

function printBuckets(lines: string[], { name, bounds, series }: HistogramMetric, created: string): void {
  for (const one of series.values()) {
    const { labels, counts, count } = one;
    let total = 0;
    for (const [k, inside] of counts.entries()) {
      total += inside;
      const le = k < bounds.length ? bound(bounds[k]!, created !== '') : '+Inf';
      lines.push(`${name}_bucket${print({ ...labels, le })} ${total}${created === '' ? '' : exemplar(one, k)}`);
    }
    lines.push(`${name}_sum${print(labels)} ${sumOf(one)}`, `${name}_count${print(labels)} ${count}`);
    if (created !== '') lines.push(`${created}_created${print(labels)} ${CREATED}`);
  }
}

/** OpenMetrics wants bounds that cannot be taken for integers. */
function bound(value: number, isFloat: boolean): string {
  return isFloat && Number.isInteger(value) ? `${value}.0` : String(value);
}

function exemplar({ traces }: HistogramSeries, bucket: number): string {
  const trace: Trace | undefined = traces[bucket];
  return trace ? ` # ${print({ trace_id: trace.traceId, span_id: trace.spanId })} ${trace.value}` : '';
}

function print(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function quoted(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
