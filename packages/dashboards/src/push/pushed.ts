import type { BuiltFile } from '../build.ts';
import type { Difference } from './difference.ts';

/** What is pushed. */
export interface PushOptions {
  readonly files: readonly BuiltFile[];
  /** Only look, and say what would be done. */
  readonly dryRun: boolean;
}

/** What became of a dashboard, or with `dryRun` would. */
export interface Pushed {
  readonly id: string;
  readonly outcome: 'created' | 'changed' | 'unchanged';
  readonly differences: readonly Difference[];
  /** Where it is, when the server says so. */
  readonly url?: string;
  /** What else there is to know. */
  readonly note?: string;
}
