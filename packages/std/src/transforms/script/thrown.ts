import { fileURLToPath } from 'node:url';

/** What a file is called in messages; `undefined`: it is none that a reader of them can change. */
export type NameFile = (file: string) => string | undefined;

/** What a function threw, with the innermost place that lies in a named file: `enrich.ts:12:7: TypeError: …`. */
export function thrownText(error: unknown, nameFile: NameFile): string {
  if (!(error instanceof Error)) return `threw ${shown(error)}`;
  const text = `${shown(error.name)}: ${shown(error.message)}`;
  for (const frame of framesOf(error)) {
    const match = /((?:file:\/\/)?\/[^\s()?]*)(?:\?[^\s():]*)?:(\d+):(\d+)\)?$/.exec(frame);
    if (!match) continue;
    const [, url, line, column] = match as unknown as [string, string, string, string];
    const name = nameFile(url.startsWith('file:') ? fileURLToPath(url) : url);
    if (name !== undefined) return `${name}:${line}:${column}: ${text}`;
  }
  return text;
}

/** Most characters of a message that are shown: it may hold all of an event. */
const MAX_SHOWN = 1000;
/** Longer lines of a stack name no file. */
const MAX_FRAME = 4096;

/** The first line of a text, or of what was thrown as one; there are objects that are none. */
function shown(value: unknown): string {
  if (typeof value === 'object' || typeof value === 'function')
    return value === null ? 'null' : 'an object that is no error';
  const [line = ''] = String(value).split('\n', 1);
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** The lines of the stack below the message, which may hold anything, also what looks like a place, and be as long as an event. */
function framesOf({ message, stack }: Error): string[] {
  const text = String(stack);
  const at = text.indexOf(message);
  return text
    .slice(at < 0 ? 0 : at + message.length)
    .split('\n')
    .filter((line) => line.startsWith('    at ') && line.length <= MAX_FRAME);
}
