import type { PluginDeclaration } from '@tailrace/core';
import { otlpSink } from './sink/otlp-sink.ts';
import { otlpSource } from './source/otlp-source.ts';

export { otlpSink } from './sink/otlp-sink.ts';
export { otlpSource } from './source/otlp-source.ts';

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [otlpSource, otlpSink];
