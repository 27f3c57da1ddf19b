import type { PluginDeclaration } from '@tailrace/core';
import { otlpSink } from './sink/otlp-sink.ts';

export { otlpSink };

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [otlpSink];
