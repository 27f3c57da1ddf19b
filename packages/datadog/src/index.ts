import type { PluginDeclaration } from '@tailrace/core';
import { datadogLogs } from './datadog-logs.ts';

export { datadogLogs } from './datadog-logs.ts';

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [datadogLogs];
