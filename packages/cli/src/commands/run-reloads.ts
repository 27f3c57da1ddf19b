import { type Loaded, type Reloads, watchFiles } from '@tailrace/runner';
import { load } from '../pipeline.ts';

/** Reloads on SIGHUP and, with `watch`, when a file of the pipeline changes. */
export interface ProcessReloads extends Reloads {
  /** SIGHUP has its usual meaning again. */
  end(): void;
}

/** Listens at once: a signal that comes while the pipeline starts is kept until it runs. */
export function processReloads(names: readonly string[], watch: boolean, loaded: Loaded): ProcessReloads {
  let { files } = loaded;
  let waiting: string | null = null;
  let request: ((occasion: string) => void) | null = null;
  const ask = (occasion: string): void => {
    if (request) request(occasion);
    else waiting = occasion;
  };
  const onHangup = (): void => ask('SIGHUP');
  process.on('SIGHUP', onHangup);
  const unwatch = watch
    ? watchFiles(
        () => files,
        () => ask('a file of the pipeline changed'),
      )
    : () => undefined;
  return {
    async load() {
      const next = await load(names);
      files = next.files;
      return next;
    },
    subscribe(callBack) {
      request = callBack;
      if (waiting !== null) callBack(waiting);
      waiting = null;
      return () => {
        request = null;
      };
    },
    end() {
      unwatch();
      process.off('SIGHUP', onHangup);
    },
  };
}
