import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The members of a package's package.json that the repository's tests read. */
export interface Manifest {
  name: string;
  version: string;
  description?: string;
  license?: string;
  private?: boolean;
  engines?: Record<string, string>;
  files?: string[];
  bin?: Record<string, string>;
  exports?: Record<string, Record<string, string>>;
  publishConfig?: { access?: string; exports?: Record<string, Record<string, string>> };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** One package of the workspace. */
export interface WorkspacePackage {
  folder: string;
  manifest: Manifest;
}

/** The repository's root folder. */
export const root = path.resolve(import.meta.dirname, '../..');

/** The packages of the workspace that are published, in the order of their folders; a private one is built into another. */
export const packages: readonly WorkspacePackage[] = readdirSync(path.join(root, 'packages'))
  .map((name) => path.join(root, 'packages', name))
  .filter((folder) => existsSync(path.join(folder, 'package.json')))
  .map((folder) => ({ folder, manifest: readManifest(path.join(folder, 'package.json')) }))
  .filter(({ manifest }) => manifest.private !== true);

/** Reads a package.json. */
export function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** The paths, from the root, of all files under version control that are in the working folder. */
export function trackedFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
}
