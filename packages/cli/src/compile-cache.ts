import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where compiled JavaScript is kept between starts: below the user's own cache folder, since whoever may write there may run code in the
 * next process. (Node's own choice, a folder in /tmp, can be made by anybody first.) `undefined`: the user has none, it
 * is somebody else's, or NODE_COMPILE_CACHE names another.
 */
export function compileCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  if (env['NODE_COMPILE_CACHE'] !== undefined) return undefined;
  const base = env['XDG_CACHE_HOME'];
  if (base !== undefined && isAbsolute(base)) return isOwn(base) ? join(base, 'tailrace') : undefined;
  const home = homeFolder();
  return home !== undefined && isAbsolute(home) && isOwn(home) ? join(home, '.cache', 'tailrace') : undefined;
}

/** Under sudo the home may still be that of another user; and users of services often have one that does not exist, and should not get it. */
function isOwn(folder: string): boolean {
  try {
    const stats = statSync(folder);
    return stats.isDirectory() && (process.geteuid === undefined || stats.uid === process.geteuid());
  } catch {
    // There is none, or it cannot be reached.
    return false;
  }
}

function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    // A user without a name and without HOME, as in some containers.
    return undefined;
  }
}
