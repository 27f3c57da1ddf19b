import type { StateFs } from './atomic-file.ts';

/** A filesystem in memory whose power can fail: what was not synced may be gone then, in part or as a whole. */
export interface ForgetfulFiles extends StateFs {
  /** The next so many calls succeed, those after them fail, as on a full disk, until it is called again. */
  failAfter(calls: number): void;
  /** The power fails: `choose` decides what survives (0 to below its argument). Calls of what ran before fail from now on. */
  crash(choose: (below: number) => number): ForgetfulFiles;
}

interface Content {
  text: string;
  synced: string;
}
type Names = ReadonlyMap<string, Content>;

/** Creates a filesystem; `names` are the files in it. */
export function forgetfulFiles(names: Names = new Map()): ForgetfulFiles {
  /** The folder as of the last sync of it, and after each change since then. */
  let history: Names[] = [names];
  let left = Number.POSITIVE_INFINITY;
  let isOff = false;
  const now = (): Names => history.at(-1)!;

  /** Each call takes a turn of the event loop, so that others come between. */
  async function call(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (isOff) throw new Error('the power is off');
    if (left-- <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  }
  function change(make: (names: Map<string, Content>) => void): void {
    const next = new Map(now());
    make(next);
    history.push(next);
  }

  return {
    async read(path) {
      await call();
      const content = now().get(path);
      if (!content) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return content.text;
    },
    async create(path) {
      await call();
      // An existing file is emptied; what was synced of it can come back.
      const content = { text: '', synced: now().get(path)?.synced ?? '' };
      change((next) => next.set(path, content));
      return {
        async write(text) {
          content.text += text.slice(0, text.length >> 1);
          await call();
          content.text += text.slice(text.length >> 1);
        },
        async sync() {
          await call();
          content.synced = content.text;
        },
        close: call,
      };
    },
    async rename(from, to) {
      await call();
      change((next) => {
        next.set(to, next.get(from)!);
        next.delete(from);
      });
    },
    async syncFolder() {
      await call();
      history = [now()];
    },
    failAfter(calls) {
      left = calls;
    },
    crash(choose) {
      isOff = true;
      const survived = history[choose(history.length)]!;
      return forgetfulFiles(new Map([...survived].map(([path, content]) => [path, afterwards(content, choose)])));
    },
  };
}

/** What a file holds when the power is back: what was synced, or any part of what was written since. */
function afterwards({ text, synced }: Content, choose: (below: number) => number): Content {
  if (text === synced || choose(2) === 0) return { text: synced, synced };
  const part = text.slice(0, choose(text.length + 1));
  return { text: part, synced: part };
}
