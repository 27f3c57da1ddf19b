import type { Batch, SampleInput, SourceContext } from '@tailrace/core';
import type { OtlpSignal } from '@tailrace/telemetry';
import { decoder } from './decode.ts';
import type { OtlpSourceConfig } from './options.ts';

/** The member of a request's JSON that tells its signal. */
const SIGNALS: Readonly<Record<string, OtlpSignal>> = {
  resourceLogs: 'logs',
  resourceMetrics: 'metrics',
  resourceSpans: 'traces',
};

/** What the source makes of the JSON of one request, for tests of pipelines; throws an Error when it is none. */
export function sample(config: OtlpSourceConfig, context: SourceContext, input: SampleInput): readonly Batch[] {
  const request: unknown = JSON.parse(Buffer.from(input.bytes).toString('utf8'));
  const names = typeof request === 'object' && request !== null ? Object.keys(request) : [];
  const name = Object.keys(SIGNALS).find((member) => names.includes(member));
  if (!name)
    throw new Error(`the input is no request of OTLP/JSON: an object with ${Object.keys(SIGNALS).join(' or ')}`);
  const now = { seconds: input.seconds, nanos: 0 };
  const decode = decoder({
    context,
    maxEventBytes: config.max_event_bytes,
    stream: input.stream,
    now: () => now,
  });
  const { batch } = decode(SIGNALS[name]!, 'json', input.bytes);
  return batch ? [batch] : [];
}
