import { existsSync } from 'node:fs';
import path from 'node:path';
import { NeverEnds } from './in-time.ts';
import { syntaxPlace } from './syntax-place.ts';

/** Why a module cannot be loaded, in words for a message. */
export interface ModuleFault {
  readonly what: string;
  readonly expected?: string;
  /** Where in its files the fault lies, when that is known; counted from 1. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
}

/** A module cannot be loaded. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly fault: ModuleFault;
  /** Absolute paths of its files, as far as they were found. */
  readonly files: readonly string[];
  constructor(fault: ModuleFault, files: readonly string[]) {
    super(fault.what);
    this.fault = fault;
    this.files = files;
  }
}

/** What was loaded. */
interface Wanted {
  readonly specifier: string;
  readonly folder: string;
  readonly isPackage: boolean;
  /** Its files, as far as they were found; absolute. */
  readonly files: readonly string[];
}

/** Says why an import failed. */
export function moduleFault(error: unknown, wanted: Wanted): ModuleFault {
  const { specifier, folder, isPackage, files } = wanted;
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return {
      what: `"${specifier}" holds TypeScript`,
      expected: 'JavaScript: Node runs no TypeScript below node_modules',
    };
  }
  if (error instanceof NeverEnds) {
    return { what: `"${specifier}" cannot be loaded: ${message}`, expected: 'a module whose top-level await ends' };
  }
  if (!isPackage && !existsSync(path.resolve(folder, specifier))) {
    return { what: `there is no file ${specifier}`, expected: `a module, relative to ${folder}` };
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && isPackage && new RegExp(`package '${escaped(specifier)}'`).test(message)) {
    const what = `the package "${specifier}" is not installed in ${folder} or above it`;
    return { what, expected: `npm install ${specifier}` };
  }
  const at = placeIn(error, files) ?? (error instanceof SyntaxError ? syntaxPlace(files) : undefined);
  return { what: `"${specifier}" cannot be loaded: ${firstLine(message)}`, ...(at && { at }) };
}

function firstLine(text: string): string {
  // The loader's own query says nothing to a reader.
  return (text.split('\n')[0] ?? '').replaceAll(/\?tailrace=[\w-]+/g, '');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/**
 * The first place in the files of the module that the stack names: of a thrown error its origin, of a syntax error the line above a mark
 * that V8 and the TypeScript parser print in front of the message.
 */
export function placeIn(error: unknown, files: readonly string[]): ModuleFault['at'] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n')) {
    const match = /(\/[^()?]*?)(?:\?tailrace=[\w-]+)?:(\d+)(?::(\d+))?\)?$/.exec(line);
    const file = match && files.find((one) => one === decodeURI(match[1]!.replace(/^\/\/+/, '/')));
    if (!match || !file) continue;
    const marked = /^( *)\^+$/m.exec(stack)?.[1]?.length ?? 0;
    return { file, line: Number(match[2]), column: Number(match[3] ?? marked + 1) };
  }
  return undefined;
}
