import {
  type AnySink,
  type Batch,
  ConfigError,
  defineSink,
  LogBatch,
  type PluginContext,
  RecordBatch,
  readClientTls,
  type Signal,
} from '@tailrace/core';
import { joinPlaced, requestToJson } from '@tailrace/telemetry';
import { requestHeaders } from './credentials.ts';
import { encodeRecords, placesOf } from './entries.ts';
import { examples } from './examples.ts';
import { grpcTransport } from './grpc-transport.ts';
import { httpTransport } from './http-transport.ts';
import { judge } from './judge.ts';
import { createLogEncoder } from './logs/log-encoder.ts';
import { type OtlpSinkConfig, otlpSinkOptions } from './options.ts';
import { probeTargets } from './probe.ts';
import { type Targets, targetsOf } from './targets.ts';
import type { Transport } from './transport.ts';
import type { Judgement } from './verdict.ts';

/** Sends logs, metrics and traces to an OTLP receiver. */
export const otlpSink = defineSink({
  type: 'otlp',
  summary: 'Send logs, metrics and traces to an OTLP receiver, over HTTP or gRPC.',
  description: [
    'A receiver is an OpenTelemetry Collector, or a service that speaks OTLP itself. Resources, scopes and metrics are named once per',
    'request. Metrics and traces pass with every byte they came with; logs are mapped as `logs` says, and those that came as OTLP become what',
    'they were. Requests are repeated only after the answers that OTLP names. What each answer leads to, and what becomes of a request of',
    'which the target takes only a part, stands in [OTLP](../../otlp.md).',
  ].join('\n'),
  input: ['logs', 'metrics', 'traces'],
  config: otlpSinkOptions,
  examples,
  async create({ config, context }): Promise<AnySink> {
    const targets = targetsOf(config);
    const transport = await createTransport(config, targets, context);
    const encodeLogs = createLogEncoder(config.logs, context);
    const isJson = config.protocol === 'http/json';
    return {
      limits: { bytes: config.max_bytes, events: config.max_events, waitMs: config.max_wait },
      maxInFlight: config.max_in_flight,
      encode(batch: Batch, from, to, out) {
        if (batch instanceof RecordBatch) return encodeRecords(batch, from, to, out);
        if (batch instanceof LogBatch) return encodeLogs(batch, from, to, out);
        throw new TypeError(`a batch of ${batch.signal} that is neither logs nor OTLP records`);
      },
      send: sender(config, transport, reporter(context)),
      bodyText(body) {
        const joined = joinPlaced(body.signal, body.bytes, placesOf(body));
        return Buffer.from(requestToJson(body.signal, joined)).toString();
      },
      probe: (stop) => probeTargets(transport, targets, probed(config), Buffer.from(isJson ? '{}' : ''), stop),
      close: () => Promise.resolve(transport.close()),
    };
  },
});

type Report = ReturnType<typeof reporter>;

function sender(config: OtlpSinkConfig, transport: Transport, report: Report): AnySink['send'] {
  // Requests are written where earlier ones stood: to make and clear away such pieces costs more than to fill them.
  const memories: Uint8Array[] = [];
  return async (body, stop) => {
    const { signal, entries } = body;
    const memory = memories.pop() ?? Buffer.allocUnsafeSlow(config.max_bytes);
    const joined = joinPlaced(signal, body.bytes, placesOf(body), memory);
    const request = config.protocol === 'http/json' ? requestToJson(signal, joined) : joined;
    if (request.length > config.max_bytes) {
      memories.push(memory);
      const message = `the request would have ${request.length} bytes, more than max_bytes`;
      return { kind: 'split', code: 'request_too_large', message };
    }
    const reply = await transport.send(signal, request, stop);
    // Of a request that was given up, something may still be on its way out of its memory.
    if (reply.kind !== 'none') memories.push(memory);
    const judgement = judge(reply, { signal, entries, partialSuccess: config.partial_success });
    report(signal, judgement);
    return judgement.verdict;
  };
}

function createTransport(config: OtlpSinkConfig, targets: Targets, context: PluginContext): Promise<Transport> {
  const headers = requestHeaders(config);
  const tls = readClientTls(config.tls, Object.values(targets), context);
  if (config.protocol !== 'grpc') return Promise.resolve(httpTransport(config, targets, headers, tls));
  if (config.compression === 'zstd') {
    throw new ConfigError(['compression'], 'must be `gzip` or `none` over gRPC');
  }
  if (config.proxy) throw new ConfigError(['proxy'], 'cannot be used over gRPC');
  if (config.compression_level !== undefined) {
    throw new ConfigError(['compression_level'], 'cannot be set over gRPC, which packs with gzip’s default');
  }
  return grpcTransport(config, targets, headers, tls);
}

/** Where only places of single signals are named, nothing is said about the others. */
function probed({ endpoint, endpoints }: OtlpSinkConfig): readonly Signal[] {
  const all: readonly Signal[] = ['logs', 'metrics', 'traces'];
  const named = all.filter((signal) => endpoints[signal] !== undefined);
  return endpoint !== undefined || named.length === 0 ? all : named;
}

const WARN_EVERY_MS = 60_000;

/** Counts what was rejected and is not a dead letter, and passes warnings of the target on, once a minute for each signal. */
function reporter(context: PluginContext) {
  const quietUntil = new Map<Signal, number>();
  return (signal: Signal, { rejected, warning }: Judgement): void => {
    if (rejected !== undefined) context.countErrors('records_rejected', rejected);
    if (warning === undefined || Date.now() < (quietUntil.get(signal) ?? 0)) return;
    quietUntil.set(signal, Date.now() + WARN_EVERY_MS);
    context.log.warn({ signal, warning }, 'the target took a request and has something to say');
  };
}
