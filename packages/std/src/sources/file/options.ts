import type { Path, SourceContext, SourceIo } from '@tailrace/core';
import type { Format } from '@tailrace/kernel';

/** The source's options, prepared. */
export interface FileOptions {
  /** Absolute patterns. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly format: Format | 'auto';
  readonly maxEventBytes: number;
  readonly oversize: 'truncate' | 'dead_letter';
  readonly readFrom: 'beginning' | 'end';
  readonly scanIntervalMs: number;
  readonly pathField: Path | null;
}

/** What the parts of a running source share. */
export interface Run {
  readonly options: FileOptions;
  readonly context: SourceContext;
  readonly io: SourceIo;
  /** Whether birth times can be trusted. */
  readonly births: boolean;
}
