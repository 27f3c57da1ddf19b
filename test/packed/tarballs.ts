import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root, type WorkspacePackage } from '../repository/workspace.ts';

const run = promisify(execFile);

/** What a command left behind. */
export interface Finished {
  status: number;
  stdout: string;
  stderr: string;
}

/** The file name that `pnpm pack` gives the package's tarball. */
export function tarballName({ manifest }: WorkspacePackage): string {
  return `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
}

/** Packs every public package of the workspace into the folder. */
export async function packAll(folder: string): Promise<void> {
  await run('pnpm', ['-r', 'pack', '--pack-destination', folder], { cwd: root });
}

/** The paths of the files in a tarball, as they will stand in the package's folder. */
export async function filesOf(tarball: string): Promise<string[]> {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''));
}

/** The text of one file in a tarball. */
export async function readFrom(tarball: string, file: string): Promise<string> {
  const { stdout } = await run('tar', ['-xzOf', tarball, `package/${file}`], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Installs the tarballs with npm into an empty folder, as a user of the packages would from a registry. */
export async function installInto(folder: string, tarballs: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], { cwd: folder });
}

/** Runs a command to its end, whatever its exit status. */
export async function finish(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  const done = await run(command, args, { cwd }).catch(
    (error: Error & { code?: unknown; stdout?: string; stderr?: string }) => {
      if (typeof error.code !== 'number') throw error;
      return { status: error.code, stdout: error.stdout ?? '', stderr: error.stderr ?? '' };
    },
  );
  return { status: 0, ...done };
}
