import { resolve } from 'node:path';
import {
  type Batch,
  type ErrorCode,
  type Log,
  LogBatch,
  type PluginContext,
  RecordBatch,
  type RunNumbers,
  type SinkContext,
  type SourceContext,
  type TransformContext,
} from '@tailrace/core';
import type { ComponentConfig } from './component.ts';
import { loadModule } from './config/code/load-module.ts';
import { moduleLoader } from './config/code/module-loader.ts';
import { type ComponentStats, countErrors } from './stats.ts';
import type { Judgement } from './transform-node.ts';

/** What the contexts of all components share. */
export interface ContextParts {
  readonly log: Log;
  readonly dataDir: string;
  readonly nodeId: string;
  runNumbers(): RunNumbers;
  notReady(component: string, subject: string, reason: string | null): void;
  /** A sink cannot write any more, ever. */
  outputGone(component: string, reason: string): void;
}

/** What every plugin gets. */
function pluginContext(component: ComponentConfig, stats: ComponentStats, parts: ContextParts): PluginContext {
  return {
    componentId: component.id,
    log: parts.log,
    dataDir: parts.dataDir,
    resolvePath: (path) => resolve(component.folder, path),
    countErrors: (code, count) => countErrors(stats, code, count),
    notReady: (subject, reason) => parts.notReady(component.id, subject, reason),
    gauge(name, help, value, labels = {}) {
      const values = stats.gauges.get(name) ?? new Map();
      stats.gauges.set(name, values);
      values.set(JSON.stringify(labels), { help, labels, value });
    },
  };
}

export function sinkContext(component: ComponentConfig, stats: ComponentStats, parts: ContextParts): SinkContext {
  return {
    ...pluginContext(component, stats, parts),
    outputGone: (reason) => parts.outputGone(component.id, reason),
  };
}

/** Events that a source refuses before it emits their batch. */
export type SourceRejections = WeakMap<Batch, { indices: ArrayLike<number>; code: ErrorCode; message: string }[]>;

export function sourceContext(
  component: ComponentConfig,
  stats: ComponentStats,
  parts: ContextParts,
  rejections: SourceRejections,
): SourceContext {
  return {
    ...pluginContext(component, stats, parts),
    nodeId: parts.nodeId,
    runNumbers: parts.runNumbers,
    newBatch: (events, columns) => LogBatch.fromSource(events, columns),
    newRecordBatch: (signal, records, columns) => RecordBatch.fromSource(signal, records, columns),
    reject(batch, indices, code, message) {
      rejections.set(batch, [...(rejections.get(batch) ?? []), { indices, code, message }]);
    },
  };
}

export function transformContext(
  component: ComponentConfig,
  stats: ComponentStats,
  parts: ContextParts,
  judgement: Judgement,
): TransformContext {
  return {
    ...pluginContext(component, stats, parts),
    reject: (i, code, message) => judgement.rejected.set(i, { code, message }),
    discardReason(reason, i) {
      if (i === undefined) judgement.reason = reason;
      else judgement.reasons.set(i, reason);
    },
    loadModule(path) {
      const modules = component.modules ?? moduleLoader(import.meta.url);
      return loadModule(modules, path, component.folder, () => undefined);
    },
    route: (made, routing) => void judgement.routings.set(made, routing),
  };
}
