import type { PipelineConfig } from '../component.ts';
import type { Graph } from '../graph.ts';
import type { NodeParts } from '../graph-nodes.ts';
import type { Readiness } from '../readiness.ts';
import type { Reporting } from '../run-report.ts';
import type { RunningSinks } from '../run-sinks.ts';
import type { RunningSources } from '../run-sources.ts';

/** A running pipeline as a reload changes it. */
export interface LivePipeline {
  /** The one that runs. */
  config: PipelineConfig;
  readonly graph: Graph;
  readonly parts: NodeParts;
  readonly ready: Readiness;
  readonly reporting: Reporting;
  readonly sources: RunningSources;
  readonly sinks: RunningSinks;
  /** The process has been told to stop. */
  readonly stop: AbortSignal;
  /** Sources whose errors do not stop the pipeline: a reload is trying them. */
  readonly onTrial: Set<string>;
  /** Other transforms may want other ticks. */
  graphChanged(): void;
}
