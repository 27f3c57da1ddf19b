import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

/** Where the first of these files that is no JavaScript or TypeScript stops to be it; counted from 1. */
export function syntaxPlace(files: readonly string[]): { file: string; line: number; column: number } | undefined {
  for (const file of files) {
    const found = firstFault(file);
    if (found) return { file, ...found };
  }
  return undefined;
}

/** V8 says no place of a module that it cannot parse; the parser of TypeScript, which reads JavaScript too, does. */
function firstFault(file: string): { line: number; column: number } | undefined {
  const { emitWarning } = process;
  try {
    const text = readFileSync(file, 'utf8');
    // It would warn, on stderr, that it is experimental; it is only asked about what is faulty anyway.
    process.emitWarning = () => undefined;
    stripTypeScriptTypes(text);
    return undefined;
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const line = /^[^\n]*:(\d+)\n/.exec(stack)?.[1];
    const mark = /^( *)\^+$/m.exec(stack)?.[1];
    return line === undefined ? undefined : { line: Number(line), column: (mark?.length ?? 0) + 1 };
  } finally {
    process.emitWarning = emitWarning;
  }
}
