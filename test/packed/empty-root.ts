import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import type { ClusterObject } from '../deploy/schemas.ts';
import { type Container, environmentOf, type PodSpec } from '../deploy/workload.ts';

const run = promisify(execFile);

/** What a pod finds on its node and in the cluster: folders of this machine that stand for its volumes. */
export interface Node {
  /** Holds all of it. */
  readonly folder: string;
  /** The image's files, as make-root.sh made them. */
  readonly image: string;
}

/** Says why no container can be played here; `undefined` when one can. It takes Linux, root, and util-linux. */
export async function containersMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a root folder of its own and other users need root';
  try {
    await run('unshare', ['--mount', 'setpriv', '--bounding-set=-all', '--reuid=65532', '--clear-groups', 'true']);
    return undefined;
  } catch (error) {
    return `no namespace can be made here: ${(error as Error).message.trim()}`;
  }
}

/** The file of this machine's that stands for a path of the node. */
export function onNode(node: Node, file: string): string {
  return path.join(node.folder, 'node', file);
}

/** Makes a folder or a file with an owner and a mode, all folders above it as root has them. */
export async function place(file: string, text: string | null, mode: number, uid = 0, gid = 0): Promise<void> {
  await mkdir(text === null ? file : path.dirname(file), { recursive: true, mode: 0o755 });
  if (text !== null) await writeFile(file, text);
  await chown(file, uid, gid);
  await chmod(file, mode);
}

/** Writes a volume the way the kubelet does: files are links into `..data`, itself a link that is turned to a folder with the new content. */
export async function writeVolume(folder: string, files: Record<string, string>, mode: number, gid = 0): Promise<void> {
  const version = `..${process.hrtime.bigint()}`;
  for (const [name, text] of Object.entries(files)) {
    await place(path.join(folder, version, name), text, mode, 0, gid);
    await rm(path.join(folder, name), { force: true });
    await symlink(path.join('..data', name), path.join(folder, name));
  }
  await symlink(version, path.join(folder, '..next'));
  await rename(path.join(folder, '..next'), path.join(folder, '..data'));
}

/** The files of the ConfigMap among the objects. */
export function configOf(objects: readonly ClusterObject[]): Record<string, string> {
  return (objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }).data;
}

/** How a container is played beside what its pod says. */
export interface Play {
  /** Added to the environment. */
  readonly env?: Record<string, string>;
  /** In place of what the container runs. */
  readonly command?: readonly string[];
}

/**
 * Runs a container of a pod as a runtime would: in a root folder that holds the image and the C libraries and is read-only, with the pod's volumes, user,
 * groups and capabilities. Its network is this machine's.
 */
export async function playContainer(
  node: Node,
  pod: PodSpec,
  container: Container,
  play: Play = {},
): Promise<RunningProcess> {
  const root = path.join(node.folder, `root-${process.hrtime.bigint()}`);
  const mounts = await prepareRoot(root, node);
  for (const { name, mountPath, readOnly } of container.volumeMounts) {
    const volume = pod.volumes.find((one) => one.name === name);
    const from = volume?.hostPath ? onNode(node, volume.hostPath.path) : path.join(node.folder, 'volumes', name);
    await mkdir(from, { recursive: true });
    await mkdir(path.join(root, mountPath), { recursive: true });
    mounts.push({ from, to: mountPath, isReadOnly: readOnly ?? false });
  }
  const command = play.command ?? container.command ?? ['/usr/local/bin/tailrace', ...(container.args ?? [])];
  return await startProcess({
    command: [
      'unshare',
      '--mount',
      'sh',
      '-ec',
      script(root, mounts),
      'sh',
      ...enter(root, pod, container),
      ...command,
    ],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...environmentOf(container), ...play.env },
  });
}

interface Mount {
  readonly from: string;
  readonly to: string;
  readonly isReadOnly: boolean;
}

async function prepareRoot(root: string, { image }: Node): Promise<Mount[]> {
  for (const name of ['proc', 'dev', 'etc', 'tmp', 'usr/local', 'opt', 'runtime', 'var/lib/tailrace']) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  await writeFile(path.join(root, 'dev/null'), '');
  const { stdout } = await run('which', ['setpriv']);
  const setpriv = stdout.trim();
  await copyFile(setpriv, path.join(root, 'runtime/setpriv'));
  for (const library of [...(await libraries(setpriv)), ...(await libraries(path.join(image, 'usr/local/bin/node')))]) {
    await mkdir(path.dirname(path.join(root, library)), { recursive: true });
    await copyFile(library, path.join(root, library));
  }
  const { stdout: hosts } = await run('cat', ['/etc/hosts']);
  await writeFile(path.join(root, 'etc/hosts'), hosts);
  return [
    { from: path.join(image, 'usr/local'), to: '/usr/local', isReadOnly: true },
    { from: path.join(image, 'opt'), to: '/opt', isReadOnly: true },
    { from: '/proc', to: '/proc', isReadOnly: false },
    { from: '/dev/null', to: '/dev/null', isReadOnly: false },
  ];
}

/** The shared libraries that a program asks for, by their paths, the loader among them. */
export async function libraries(program: string): Promise<string[]> {
  const { stdout } = await run(program, [], { env: { LD_TRACE_LOADED_OBJECTS: '1' } });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file!);
}

function script(root: string, mounts: readonly Mount[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const here = quoted(root);
  const lines = mounts.map(({ from, to, isReadOnly }) => {
    const target = quoted(path.join(root, to));
    return `mount --bind ${quoted(from)} ${target}${isReadOnly ? `; mount -o remount,bind,ro ${target}` : ''}`;
  });
  return [`mount --bind ${here} ${here}`, ...lines, `mount -o remount,bind,ro ${here}`, 'exec "$@"'].join('\n');
}

/** The command line that goes into the root folder and becomes the pod's user there. */
function enter(root: string, { securityContext: user }: PodSpec, { securityContext }: Container): string[] {
  const { drop = [], add = [] } = securityContext.capabilities;
  if (drop.join() !== 'ALL') throw new Error(`capabilities are kept: all but ${drop.join()}`);
  const kept = add.map((name) => `,+${name.toLowerCase()}`).join('');
  const groups = [...(user.supplementalGroups ?? []), ...(user.fsGroup === undefined ? [] : [user.fsGroup])];
  return [
    ...['unshare', `--root=${root}`, '--wd=/var/lib/tailrace', '/runtime/setpriv'],
    ...[`--bounding-set=-all${kept}`, '--inh-caps=-all', '--no-new-privs'],
    ...[`--reuid=${securityContext.runAsUser ?? user.runAsUser}`, `--regid=${user.runAsGroup}`],
    ...[groups.length > 0 ? `--groups=${groups.join()}` : '--clear-groups'],
  ];
}

/** The names and versions of the packages in the image, `name@version`, apart from the workspace's own. */
export async function packagesIn(image: string): Promise<string[]> {
  const { stdout } = await run(
    'find',
    [path.join(image, 'opt'), '-name', 'package.json', '-path', '*/node_modules/*'],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const files = stdout
    .split('\n')
    .filter((file) => /\.pnpm\/[^/]+\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(file));
  const manifests = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as { name: string; version: string }),
  );
  return manifests.map(({ name, version }) => `${name}@${version}`).filter((name) => !name.startsWith('@tailrace/'));
}
