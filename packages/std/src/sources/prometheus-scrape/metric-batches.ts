import type { MetricBatch, SourceContext, Stream } from '@tailrace/core';
import { type AnyValue, type Attributes, type PointParts, writeMetricEnvelope, writePoint } from '@tailrace/telemetry';
import type { Metric, PointTaker } from './convert.ts';
import type { Exposition, LabelPairs } from './exposition.ts';
import type { SeriesLabels } from './series-labels.ts';
import { portOf, type Target } from './target.ts';

/** Points of a batch: enough to share what they have in common, few enough to flow. */
const MOST_POINTS = 5000;
/** Who made points out of an exposition that names no instrumentation scope itself. */
const SCOPE = 'tailrace/prometheus_scrape';
const NO_ATTRIBUTES: Attributes = new Map();

/** What an exposition says of its own target and instrumentation scopes. */
export interface Described {
  /** Labels of `target_info`. */
  readonly target: LabelPairs;
  /** Labels of `otel_scope_info` by name and version. */
  readonly scopes: ReadonlyMap<string, Attributes>;
}

/** Reads `target_info` and `otel_scope_info`. */
export function describedBy({ families }: Exposition): Described {
  let target: LabelPairs = [];
  const scopes = new Map<string, Attributes>();
  for (const { name, samples } of families) {
    if (!DESCRIBING.test(name)) continue;
    for (const sample of samples) {
      if (sample.name === 'target_info') target = sample.labels;
      if (sample.name === 'otel_scope_info') addScope(scopes, sample.labels);
    }
  }
  return { target, scopes };
}

const DESCRIBING = /^(?:target|otel_scope)(?:_info)?$/;

function addScope(scopes: Map<string, Attributes>, labels: LabelPairs): void {
  const attributes = attributesOf(labels);
  const [name, version] = [attributes.get('otel_scope_name') ?? '', attributes.get('otel_scope_version') ?? ''];
  attributes.delete('otel_scope_name');
  attributes.delete('otel_scope_version');
  scopes.set(`${name}\0${version}`, attributes);
}

function attributesOf(labels: LabelPairs): Map<string, AnyValue> {
  const attributes = new Map<string, AnyValue>();
  for (let k = 0; k < labels.length; k += 2) attributes.set(labels[k]!, labels[k + 1]!);
  return attributes;
}

/** Collects the points of one scrape into batches. */
export class MetricBatches implements PointTaker {
  readonly #target: Pick<Target, 'url'>;
  readonly #described: Described;
  readonly #points: { record: Uint8Array; envelope: Uint8Array; time: bigint }[] = [];
  readonly #envelopes = new Map<Metric, Map<string, Uint8Array>>();
  readonly #refused = new Map<string, string>();
  #refusals = 0;

  constructor(target: Pick<Target, 'url'>, described: Described) {
    this.#target = target;
    this.#described = described;
  }

  point(metric: Metric, series: SeriesLabels, point: PointParts): void {
    const envelope = this.#envelopeOf(metric, series);
    this.#points.push({ record: writePoint(metric.kind, point), envelope, time: point.time });
  }

  refuse(name: string, reason: string): void {
    this.#refusals++;
    this.#refused.set(name, reason);
  }

  /** How many lines could not be used, and why the last one of each name. */
  get refused(): { readonly count: number; readonly reasons: ReadonlyMap<string, string> } {
    return { count: this.#refusals, reasons: this.#refused };
  }

  #envelopeOf(metric: Metric, { job, instance, scopeName, scopeVersion }: SeriesLabels): Uint8Array {
    const bySeries = this.#envelopes.get(metric) ?? new Map<string, Uint8Array>();
    this.#envelopes.set(metric, bySeries);
    const key = [job, instance, scopeName, scopeVersion].join('\0');
    const known = bySeries.get(key);
    if (known) return known;
    const scope = {
      name: scopeName || scopeVersion ? scopeName : SCOPE,
      version: scopeVersion,
      attributes: this.#described.scopes.get(`${scopeName}\0${scopeVersion}`) ?? NO_ATTRIBUTES,
    };
    const metadata = new Map([['prometheus.type', metric.type]]);
    const envelope = writeMetricEnvelope({ ...metric, metadata, scope, resource: this.#resource(job, instance) });
    bySeries.set(key, envelope);
    return envelope;
  }

  /** As OpenTelemetry names the target of a scrape; what the target says of itself stands beside it. */
  #resource(job: string, instance: string): Attributes {
    const { url } = this.#target;
    const own: [string, AnyValue][] = [
      ['service.name', job],
      ['service.instance.id', instance],
      ['server.address', url.hostname.replace(/^\[(.*)\]$/, '$1')],
      ['server.port', BigInt(portOf(url))],
      ['url.scheme', url.protocol.slice(0, -1)],
    ];
    return new Map([...attributesOf(this.#described.target), ...own]);
  }

  /** The points as batches; `scrape` counts the scrapes of the stream and is their offset. */
  batches(context: SourceContext, stream: Stream, scrape: number): MetricBatch[] {
    const batches: MetricBatch[] = [];
    for (let from = 0; from < this.#points.length; from += MOST_POINTS) {
      batches.push(this.#batch(context, stream, scrape, from));
    }
    return batches;
  }

  #batch(context: SourceContext, stream: Stream, scrape: number, from: number): MetricBatch {
    const points = this.#points.slice(from, from + MOST_POINTS);
    const { length } = points;
    const envelopes = [...new Set(points.map(({ envelope }) => envelope))];
    const places = new Map(envelopes.map((envelope, k) => [envelope, k]));
    const end = new Uint32Array(length);
    let size = 0;
    for (const [i, { record }] of points.entries()) {
      size += record.length;
      end[i] = size;
    }
    const records = {
      text: new Uint8Array(Buffer.concat(points.map(({ record }) => record))),
      start: end.map((at, i) => at - points[i]!.record.length),
      ...{ end, length, envelopes },
      envelope: Uint32Array.from(points, ({ envelope }) => places.get(envelope)!),
    };
    return context.newRecordBatch('metrics', records, {
      streams: [stream],
      stream: new Uint16Array(length),
      offset: new Float64Array(length).fill(scrape),
      endOffset: new Float64Array(length).fill(scrape + 1),
      sub: Uint32Array.from(points, (_, i) => from + i),
      seconds: Float64Array.from(points, ({ time }) => Number(time / NANOS - (time % NANOS < 0n ? 1n : 0n))),
      nanos: Uint32Array.from(points, ({ time }) => Number(((time % NANOS) + NANOS) % NANOS)),
    });
  }
}

const NANOS = 1_000_000_000n;
