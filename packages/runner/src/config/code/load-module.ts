import path from 'node:path';
import type { LoadedModule } from '@tailrace/core';
import { ModuleError, type ModuleFault } from './module-fault.ts';
import { isRelative, type ModuleLoader } from './module-loader.ts';

/**
 * Loads a module that an option of a plugin names by its path; rejects with an Error that says what is wrong, and where in the module.
 * `read` hears of all its files, also of those of a module that cannot be loaded: a change may mend it.
 */
export async function loadModule(
  modules: ModuleLoader,
  name: string,
  folder: string,
  read: (file: string) => void,
): Promise<LoadedModule> {
  read(path.resolve(folder, name));
  try {
    const module = await modules.load(isRelative(name) ? name : `./${name}`, folder);
    for (const file of module.files) read(file);
    return module;
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    for (const file of error.files) read(file);
    throw new Error(faultText(error.fault, folder));
  }
}

function faultText({ what, expected, at }: ModuleFault, folder: string): string {
  const place = at ? `${path.relative(folder, at.file)}:${at.line}:${at.column}: ` : '';
  return `${place}${what}${expected === undefined ? '' : `, expected ${expected}`}`;
}
