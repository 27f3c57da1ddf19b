import { newPlace, type Place, type SourceRun, type StartOptions, start } from './harness.ts';

/** Folders that are gone after the test, and sources that are stopped; `after` is the test framework's own hook. */
export function testSources(after: (end: () => Promise<void>) => void) {
  return {
    async testPlace(): Promise<Place> {
      const made = await newPlace();
      after(() => made.remove());
      return made;
    },
    running(at: Place, options?: StartOptions): SourceRun {
      const run = start(at, options);
      after(() => run.stop());
      return run;
    },
  };
}
