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
  const known = await readFile(file, 'utf8').catch(() => '');
  if (/^machine:\S+\n$/.test(known)) return known.trim();
  const machine = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim();
  const id = `machine:${machine}-${randomBytes(12).toString('hex')}`;
  await writeAtomically(file, `${id}\n`);
  return id;
}
