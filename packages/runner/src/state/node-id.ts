import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.ts';

/**
 * What tells this node from others in stream ids: NODE_NAME, else the machine id with a random part kept in data_dir (cloned machines
 * share their machine id).
 */
export async function nodeId(dataDir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const name = env['NODE_NAME'];
  if (name) return `name:${name}`;
  const file = join(dataDir, 'node-id');
  const known = await readIfThere(file);
  if (/^machine:\S+\n$/.test(known)) return known.trim();
  const machine = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).replace(/\s/g, '');
  const id = `machine:${machine}-${randomBytes(12).toString('hex')}`;
  await writeAtomically(file, `${id}\n`);
  return id;
}

/** An unreadable id is an error: a new one would make the same lines other events. */
async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
