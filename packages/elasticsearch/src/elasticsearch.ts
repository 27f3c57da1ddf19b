import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  ConfigError,
  defineSink,
  type EncodedBatch,
  eventId,
  type PluginContext,
  ProbeError,
  type Verdict,
} from '@tailrace/core';
import { kernel } from '@tailrace/kernel';
import { judge } from './answer.ts';
import { createConnection } from './client.ts';
import { bulkEncoder } from './encode.ts';
import { examples } from './examples.ts';
import { type IndexTarget, indexTarget } from './index-name.ts';
import { type ElasticsearchConfig, elasticsearchOptions } from './options.ts';
import { probeNodes } from './probe.ts';
import type { Product } from './product.ts';
import { sinkTemplate } from './sink-template.ts';
import { ensureTemplate, type TemplateResult } from './template-put.ts';

const compress = promisify(gzip);
// The status has to stay: without it entries that went well are left out, and the others cannot be told by their place.
const FILTER = 'filter_path=errors,items.*.status,items.*.error';

/** Writes events to Elasticsearch 7.17, 8 or 9 or OpenSearch 2.7 and later by the bulk API, each one once. */
export const elasticsearch = defineSink({
  type: 'elasticsearch',
  summary: 'Write events to Elasticsearch or OpenSearch, each one once.',
  description: [
    'Elasticsearch 7.17, 8 and 9 and OpenSearch from 2.7 on; which of them it is, the sink asks at start.',
    'Events go to one index per day (`logstash_format`), a data stream (`data_stream`) or an index whose name is made of the event',
    '(`index`). Their ids are made of the position they were read at, so that what is sent twice is stored once. Each answer is read',
    'entry by entry: a refused document goes to the dead letters with the reason of the server, an index that may not be written to is',
    'tried again and named by /readyz.',
  ].join('\n'),
  config: elasticsearchOptions,
  examples,
  keepsIdentities: (config) => config.id === 'position',
  create({ config, context }) {
    const target = indexTarget(config);
    checkOptions(config, target);
    const template = sinkTemplate(config, context);
    const connection = createConnection(config, context);
    const query = config.pipeline === undefined ? FILTER : `${FILTER}&pipeline=${encodeURIComponent(config.pipeline)}`;
    const reportConflicts = conflictReporter(context);
    const prepare =
      template === null
        ? always
        : onceReady((signal, product) => ensureTemplate(connection, template, context, signal, product));
    return {
      limits: { bytes: config.max_bytes, events: config.max_events, waitMs: config.max_wait },
      maxInFlight: config.max_in_flight,
      encode: bulkEncoder(kernel(), {
        target,
        opType: config.op_type,
        ids: config.id === 'position',
        fallback: config.index_fallback,
      }),
      async send(body, signal) {
        // An index made before its template is there keeps guessed types for ever.
        const prepared = await prepare(signal);
        if (prepared.kind === 'failed') return held(prepared);
        const bytes = await bodyOf(body, config.gzip);
        const answer = await connection.request(
          { method: 'POST', path: '/_bulk', query, body: bytes, gzipped: config.gzip !== 'off' },
          signal,
        );
        const { verdict, conflicts } = judge(body, answer);
        if (conflicts.length > 0) reportConflicts(body, conflicts);
        return verdict;
      },
      async probe(signal) {
        const product = await probeNodes(connection, signal);
        const prepared = await prepare(signal, product);
        if (prepared.kind === 'failed') throw new ProbeError(prepared.code, prepared.message);
      },
      close: () => connection.close(),
    };
  },
});

type Prepare = (signal: AbortSignal, product?: Product) => Promise<TemplateResult>;

const READY = Promise.resolve<TemplateResult>({ kind: 'ready' });
const always: Prepare = () => READY;

/** Requests at once share one attempt; after a good one there is no other. */
function onceReady(attempt: Prepare): Prepare {
  let current: Promise<TemplateResult> | null = null;
  const attemptAgain = (): void => {
    current = null;
  };
  return (signal, product) => {
    if (current) return current;
    current = attempt(signal, product);
    current.then((result) => result.kind === 'failed' && attemptAgain(), attemptAgain);
    return current;
  };
}

function bodyOf(body: EncodedBatch, level: ElasticsearchConfig['gzip']): Buffer | Promise<Buffer> {
  const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
  return level === 'off' ? bytes : compress(bytes, { level });
}

/** Counts each unexpected conflict, and names one of them at most once a minute. */
function conflictReporter(context: PluginContext) {
  let quietUntil = 0;
  return (body: EncodedBatch, conflicts: readonly number[]): void => {
    context.countErrors('id_conflict', conflicts.length);
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + 60_000;
    const { stream, ...position } = body.position(conflicts[0]!);
    const details = { conflicts: conflicts.length, id: eventId({ stream, ...position }), input: stream.label };
    context.log.warn(
      details,
      'documents that were never sent from here are in the index already: do two nodes share NODE_NAME and data_dir, or do events come to this sink by two ways?',
    );
  };
}

function held(failed: TemplateResult & { kind: 'failed' }): Verdict {
  return { kind: failed.temporary ? 'retry' : 'pause', code: failed.code, message: failed.message };
}

function checkOptions(config: ElasticsearchConfig, target: IndexTarget): void {
  if (target.dataStream && config.op_type === 'index') {
    throw new ConfigError(['op_type'], 'must be `create` for a data stream, which takes nothing else');
  }
}
