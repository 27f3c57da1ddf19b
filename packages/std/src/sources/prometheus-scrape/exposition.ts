/** What a `# TYPE` line says a metric family is; `unknown` is 0.0.4's `untyped`. */
export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

/** Names and values in turn, in the order of the names, without those whose value is empty: to Prometheus they are not there. */
export type LabelPairs = readonly string[];

/** One measurement that a sample points to, mostly by a trace's id (OpenMetrics 1.0, "Exemplars"). */
export interface SampleExemplar {
  readonly labels: LabelPairs;
  readonly value: number;
  /** Nanoseconds since 1970. */
  readonly time?: bigint;
}

/** One line of an exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: LabelPairs;
  readonly value: number;
  /** Nanoseconds since 1970, where the target says it. */
  readonly time?: bigint;
  readonly exemplar?: SampleExemplar;
}

/** Samples under one `# TYPE`; a sample that none announces is a family of its own. */
export interface Family {
  readonly name: string;
  type: FamilyType;
  help: string;
  unit: string;
  readonly samples: Sample[];
}

/** What a target answered. */
export interface Exposition {
  readonly families: readonly Family[];
  /** Lines with a sample. */
  readonly samples: number;
}

/** A text that is no exposition; line and column count from 1, columns in characters. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';
  readonly line: number;
  readonly column: number;
  constructor(line: number, column: number, problem: string) {
    super(`line ${line}, column ${column}: ${problem}`);
    this.line = line;
    this.column = column;
  }
}

/** More samples than the limit allows. */
export class SampleLimitError extends Error {
  override readonly name = 'SampleLimitError';
}
