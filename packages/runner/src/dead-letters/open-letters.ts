import type { Log } from '@tailrace/core';
import type { PipelineConfig } from '../component.ts';
import { openDeadLetters } from '../dead-letters.ts';
import type { Readiness } from '../readiness.ts';
import { letterLimits } from './letter-files.ts';
import { type LetterWays, letterWays } from './letter-sinks.ts';
import { letterFileOf } from './stored-letters.ts';

/** Opens the dead letters of a pipeline; nothing is written before the first one. */
export function openLetters(config: PipelineConfig, log: Log, ready: Readiness): LetterWays {
  const file = letterFileOf(config);
  const writer = openDeadLetters({
    file,
    limits: letterLimits(config.settings.dead_letters),
    onFailure: (error) =>
      ready.set('dead_letters', file, error && `dead_letter_failed: ${error.message}; refused events wait`),
    onDropped: (path, letters) =>
      log.warn({ path, letters }, `dead_letters: max_bytes is reached: removed ${path} with ${letters} letters`),
  });
  return letterWays(writer);
}
