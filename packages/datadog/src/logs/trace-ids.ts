import { parseTraceparent } from '@tailrace/core';
import { TYPE } from '@tailrace/kernel';
import type { Column, ColumnSet, Located } from './columns.ts';
import type { DatadogLogsConfig } from './options.ts';

const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const ZEROS = /^0+$/;
const LONGEST = 600;

interface Ids {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/**
 * Makes the function that gives `"dd.trace_id":"…","dd.span_id":"…",` for an event that belongs to a trace, else nothing. Datadog's form of
 * the ids is 64-bit decimal (https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/opentelemetry/); its newer
 * tracers write all 128 bits of a trace id in hexadecimal digits (https://docs.datadoghq.com/tracing/guide/span_and_trace_id_format/).
 */
export function createTraceIds(set: ColumnSet, { trace }: DatadogLogsConfig) {
  const own = [set.column('"dd.trace_id"', ['trace']), set.column('dd.trace_id', ['trace'])];
  const ownSpan = [set.column('"dd.span_id"', ['trace']), set.column('dd.span_id', ['trace'])];
  const traceIds = set.columns(trace.trace_id, ['trace', 'trace_id']);
  const spanIds = set.columns(trace.span_id, ['trace', 'span_id']);
  const parents = set.columns(trace.traceparent, ['trace', 'traceparent']);
  const sources = [...traceIds, ...parents];
  return (located: Located, i: number): string => {
    if (!hasText(located, i, sources)) return '';
    if (own.some((column) => located.type(i, column) !== TYPE.missing)) return '';
    const { traceId, spanId } = idsOf(located, i, traceIds, spanIds, parents);
    if (traceId === undefined) return '';
    const member = `"dd.trace_id":"${trace.form === 'hex' ? traceId.padStart(32, '0') : decimal(traceId)}",`;
    if (spanId === undefined || ownSpan.some((column) => located.type(i, column) !== TYPE.missing)) return member;
    return `${member}"dd.span_id":"${decimal(spanId)}",`;
  };
}

function hasText(located: Located, i: number, columns: readonly Column[]): boolean {
  for (let k = 0; k < columns.length; k++) if (located.type(i, columns[k]!) === TYPE.string) return true;
  return false;
}

function idsOf(
  located: Located,
  i: number,
  traceIds: readonly Column[],
  spanIds: readonly Column[],
  parents: readonly Column[],
): Ids {
  const traceId = firstId(located, i, traceIds, TRACE_ID);
  if (traceId !== undefined) return { traceId, spanId: firstId(located, i, spanIds, SPAN_ID) };
  for (const column of parents) {
    const parent = located.isText(i, column, LONGEST) ? parseTraceparent(inside(located, i, column)) : null;
    if (parent) return parent;
  }
  return { traceId: undefined, spanId: undefined };
}

function firstId(located: Located, i: number, columns: readonly Column[], form: RegExp): string | undefined {
  for (const column of columns) {
    if (!located.isText(i, column, LONGEST)) continue;
    const text = inside(located, i, column);
    if (form.test(text) && !ZEROS.test(text)) return text.toLowerCase();
  }
  return undefined;
}

/** The characters between the quotes; a text with escapes is no id. */
function inside(located: Located, i: number, column: Column): string {
  return located.raw(i, column).slice(1, -1);
}

function decimal(hex: string): string {
  return BigInt(`0x${hex.slice(-16)}`).toString();
}
