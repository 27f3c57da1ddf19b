import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The hash of a file's content; the error's code where it cannot be read. */
export function contentHash(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64url');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
