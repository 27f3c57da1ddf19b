import { fileURLToPath } from 'node:url';
import { installServer, type ServerName } from '@tailrace/testkit';
import { isCi } from './elasticsearch.ts';

const kit = fileURLToPath(new URL('../servers/programs.sh', import.meta.url));

/** What a test file holds after asking for a server's program. */
export interface ServerAccess {
  /** True when it cannot be had on this machine: hand it to `describe.skipIf`. */
  skipped: boolean;
  /** Its path; empty when skipped. */
  program: string;
}

/**
 * Has a server's program made, at the top of a test file; the first time that may take minutes. Where it cannot be, prints
 * why and lets the file skip its suites; under CI that is an error instead, as for Elasticsearch.
 */
export async function serverOrSkip(name: ServerName): Promise<ServerAccess> {
  const { path, reason } = await installServer(kit, name);
  if (path !== undefined) return { skipped: false, program: path };
  const message = `${name} cannot run here, its tests are not run:\n${reason}`;
  if (isCi()) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return { skipped: true, program: '' };
}
