import type { PluginDeclaration } from '@tailrace/core';
import type { ModuleLoader } from './config/code/module-loader.ts';
import type { PipelineSettings, SinkSettings } from './options.ts';

/** A place in a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One component of a pipeline, validated and resolved. */
export interface ComponentConfig {
  readonly id: string;
  readonly declaration: PluginDeclaration;
  /** Ids of the components it reads, or `id.output` where they have named outputs; empty for sources. */
  readonly inputs: readonly string[];
  /** The plugin's own options, resolved: defaults filled in, durations in milliseconds, sizes in bytes, secrets wrapped. */
  readonly config: unknown;
  /** The runner's options of a sink. */
  readonly sink: SinkSettings | null;
  /** Files that its options name and that it reads when it is created (a field file, a certificate), each with the hash of its content. */
  readonly files?: ReadonlyMap<string, string>;
  /** Loads the modules that its options name. */
  readonly modules?: ModuleLoader;
  /** Folder that relative paths in the configuration are relative to. */
  readonly folder: string;
  /** Where an option stands (`[]`: the component itself), for messages. */
  place(at: readonly (string | number)[]): Place;
}

/** A pipeline ready to be built into a graph. */
export interface PipelineConfig {
  readonly settings: PipelineSettings;
  /** Absolute. */
  readonly dataDir: string;
  readonly components: readonly ComponentConfig[];
}
