import type { PluginDeclaration } from '@tailrace/core';
import { local } from './sink.ts';

export type * from './api/types.ts';
export { local };

/** All plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [local];
