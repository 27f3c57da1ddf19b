import { stat } from 'node:fs/promises';

/** How often files are looked at: a few stat calls each time. */
const LOOK_EVERY_MS = 500;

/**
 * Calls back when files have changed and then stayed the same for one look, so that none is read half written. Looking is what sees
 * everything: editors that replace a file, symlinks that are turned (as Kubernetes does with its volumes), folders without notification.
 */
export function watchFiles(files: () => readonly string[], changed: () => void, everyMs = LOOK_EVERY_MS): () => void {
  let settled: string | null = null;
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;

  async function look(): Promise<void> {
    const now = (await Promise.all([...new Set(files())].toSorted().map(stateOf))).join('\n');
    const isQuiet = now === last;
    last = now;
    if (isEnded) return;
    if (settled === null) settled = now;
    else if (isQuiet && now !== settled) {
      settled = now;
      changed();
    }
    timer = setTimeout(() => void look(), everyMs).unref();
  }
  void look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${file} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${file} ${(error as NodeJS.ErrnoException).code}`;
  }
}
