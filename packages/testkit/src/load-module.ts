import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TransformContext } from '@tailrace/core';

/** Loads modules for a transform outside a pipeline, from this folder, each time anew; what they import by relative paths is loaded once. */
export function moduleImporter(folder: string): TransformContext['loadModule'] {
  return async (name) => {
    const file = resolve(folder, name);
    const exports = (await import(`${pathToFileURL(file).href}?${randomUUID()}`)) as Record<string, unknown>;
    return { exports, files: [file] };
  };
}
