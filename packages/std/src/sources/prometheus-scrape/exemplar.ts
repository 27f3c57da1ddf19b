import type { AnyValue, Exemplar } from '@tailrace/telemetry';
import type { SampleExemplar } from './exposition.ts';

/**
 * An exemplar of OTLP: its labels `trace_id` and `span_id` become the ids, the others attributes. One without a time, or from before
 * 1970, gets that of its point, as in Prometheus.
 */
export function otlpExemplar({ labels, value, time }: SampleExemplar, pointTime: bigint): Exemplar {
  const attributes = new Map<string, AnyValue>();
  let traceId: string | undefined;
  let spanId: string | undefined;
  for (let k = 0; k < labels.length; k += 2) {
    const [name, text] = [labels[k]!, labels[k + 1]!];
    if (name === 'trace_id' && isId(text, 32)) traceId = text.toLowerCase();
    else if (name === 'span_id' && isId(text, 16)) spanId = text.toLowerCase();
    else attributes.set(name, text);
  }
  const ids = { ...(traceId !== undefined && { traceId }), ...(spanId !== undefined && { spanId }) };
  return { time: time !== undefined && time >= 0n ? time : pointTime, value, attributes, ...ids };
}

/** W3C: ids of nothing but zeros are none. */
function isId(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]+$/i.test(text) && !/^0+$/.test(text);
}
