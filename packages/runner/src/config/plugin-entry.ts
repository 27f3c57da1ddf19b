import type { PluginDeclaration } from '@tailrace/core';

/** A plugin that can be named in a pipeline; it is loaded only when one names it, so that heavy libraries stay out otherwise. */
export interface PluginEntry {
  readonly kind: PluginDeclaration['kind'];
  readonly type: string;
  load(): Promise<PluginDeclaration> | PluginDeclaration;
}

/** Entries of plugins that are loaded already. */
export function pluginEntries(declarations: readonly PluginDeclaration[]): PluginEntry[] {
  return declarations.map((declaration) => ({
    kind: declaration.kind,
    type: declaration.type,
    load: () => declaration,
  }));
}
