import type { PluginDeclaration } from '@tailrace/core';
import { generate } from './sources/generate.ts';
import { stdin } from './sources/stdin.ts';

/** All plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [generate, stdin];
export { generate, stdin };
