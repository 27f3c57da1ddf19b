import type { PluginDeclaration } from '@tailrace/core';
import { datadogLogs } from './datadog-logs.ts';
import { datadogMetrics } from './datadog-metrics.ts';

export { datadogLogs } from './datadog-logs.ts';
export { datadogMetrics } from './datadog-metrics.ts';

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [datadogLogs, datadogMetrics];
