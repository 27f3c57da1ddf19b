import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type CodeReader, isCode, readCode } from './code/read-code.ts';
import type { ParsedFile } from './collect.ts';
import type { Report } from './problem.ts';
import { type Found, readYaml } from './read-yaml.ts';

/** Reads the files of a pipeline, YAML and code, as far as they can be read; paths are relative to `cwd`. */
export async function readFiles(
  names: readonly string[],
  reader: CodeReader,
  report: Report,
  found: Found,
): Promise<ParsedFile[]> {
  const parsed: ParsedFile[] = [];
  for (const name of names) {
    const file = { name, path: path.resolve(reader.cwd, name) };
    const folder = path.dirname(file.path);
    const text = readText(file, report);
    if (text === undefined) continue;
    if (isCode(name)) {
      const read = await readCode({ ...file, text }, reader, report, found);
      if (read) parsed.push({ ...read, folder });
      continue;
    }
    const tree = readYaml({ ...file, text }, reader.env, report, found);
    if (tree) parsed.push({ tree, folder });
  }
  return parsed;
}

function readText(file: { name: string; path: string }, report: Report): string | undefined {
  try {
    return readFileSync(file.path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code ?? 'unknown error'})`;
    report({ file: file.name, line: 1, column: 1, path: '', what });
    return undefined;
  }
}
