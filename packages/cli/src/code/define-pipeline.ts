import type { PluginDeclaration, SinkDeclaration, SourceDeclaration, TransformDeclaration } from '@tailrace/core';
import type { CodeContext } from '@tailrace/runner';
import type { ScriptContext, ScriptFunction } from '@tailrace/std';
import type {
  Inputs,
  KnownSink,
  KnownSource,
  KnownTransform,
  PipelineSettingsInput,
  PipelineTest,
} from './pipeline-types.generated.ts';

/** The name of a plugin of one's own: `./my-plugin.ts`, or `package/name`. */
type ModuleType = `./${string}` | `../${string}` | `/${string}` | `${string}/${string}`;

/** A component whose plugin is not part of this distribution: named by its module, or given as a value; its options are checked when it is loaded. */
interface Foreign<D extends PluginDeclaration> {
  readonly type: ModuleType | D;
  readonly [option: string]: unknown;
}

/** What a function over events may return; a promise is nothing of it. */
type Returned = (object & { readonly then?: undefined }) | readonly object[] | null;

/** A transform that is a function: it returns the event, others in its place, or null to drop it. */
interface FunctionTransform {
  readonly type?: undefined;
  readonly inputs: Inputs;
  /** Called for each event with the event as an object; as of the transform `script`. */
  run(event: Parameters<ScriptFunction>[0], context: ScriptContext): Returned;
  /** What becomes of an event, as it came, for which the function throws or returns something that is no event. Default: `"dead_letter"`. */
  readonly on_error?: 'dead_letter' | 'keep' | 'drop' | undefined;
}

/** Where events come from. */
export type SourceComponent = KnownSource | Foreign<SourceDeclaration>;
/** What is done with them. */
export type TransformComponent =
  | KnownTransform
  | FunctionTransform
  | (Foreign<TransformDeclaration> & { readonly inputs: Inputs });
/** Where they go. */
export type SinkComponent = KnownSink | (Foreign<SinkDeclaration> & { readonly inputs: Inputs });

/** A pipeline as it is written in code: what a YAML file would hold. */
export interface Pipeline extends PipelineSettingsInput {
  /** Where events come from, by id. */
  readonly sources?: Readonly<Record<string, SourceComponent>>;
  /** What is done with them, by id. */
  readonly transforms?: Readonly<Record<string, TransformComponent>>;
  /** Where they go, by id. */
  readonly sinks?: Readonly<Record<string, SinkComponent>>;
  /** Tests, run by `tailrace test`. */
  readonly tests?: readonly PipelineTest[];
}

/** A pipeline, or a function that gives it anew each time that it is loaded, at a reload too. */
export type PipelineInput = Pipeline | ((context: CodeContext) => Pipeline | Promise<Pipeline>);

/**
 * Types a pipeline in `tailrace.config.ts`, to be its default export; it gives what it gets. An option that is unknown, missing or of
 * another type is a compile error.
 */
export function definePipeline(pipeline: PipelineInput): PipelineInput {
  return pipeline;
}
