import type { PluginDeclaration } from '@tailrace/core';
import { local } from './sink.ts';

export type * from './api/types.ts';
export { askStore } from './query/ask-store.ts';
export { ReadError, type ReadErrorCode } from './read/read-error.ts';
export { storePath } from './store-path.ts';
export { local };

/** All plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [local];
