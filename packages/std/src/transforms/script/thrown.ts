import { fileURLToPath } from 'node:url';

/** What a file is called in messages; `undefined`: it is none that a reader of them can change. */
export type NameFile = (file: string) => string | undefined;

/** What a function threw, with the innermost place that lies in a named file: `enrich.ts:12:7: TypeError: …`. */
export function thrownText(error: unknown, nameFile: NameFile): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const text = `${error.name}: ${error.message.split('\n')[0]}`;
  for (const match of (error.stack ?? '').matchAll(/((?:file:\/\/)?\/[^\s()?]*)(?:\?[^\s():]*)?:(\d+):(\d+)\)?$/gm)) {
    const [, url, line, column] = match as unknown as [string, string, string, string];
    const name = nameFile(url.startsWith('file:') ? fileURLToPath(url) : url);
    if (name !== undefined) return `${name}:${line}:${column}: ${text}`;
  }
  return text;
}
