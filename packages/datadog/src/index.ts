import type { PluginDeclaration } from '@tailrace/core';

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [];
