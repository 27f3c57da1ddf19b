import type { PluginDeclaration } from '@tailrace/core';
import { FieldFileError, loadFieldFile, type PlacedProblem, parseFieldFile } from './field-file/parse.ts';
import { blackhole } from './sinks/blackhole.ts';
import { file as fileSink } from './sinks/file/index.ts';
import { stdout } from './sinks/stdout.ts';
import { fileSource } from './sources/file/index.ts';
import { generate } from './sources/generate.ts';
import { generateMetrics } from './sources/generate-metrics.ts';
import { internalStats } from './sources/internal-stats/index.ts';
import { prometheusScrape } from './sources/prometheus-scrape/index.ts';
import { stdin } from './sources/stdin.ts';
import { dedupe } from './transforms/dedupe.ts';
import { fields } from './transforms/fields/fields.ts';
import { filter } from './transforms/filter/filter.ts';
import { modify } from './transforms/modify/modify.ts';
import { multiline } from './transforms/multiline/multiline.ts';
import { parse } from './transforms/parse/parse.ts';
import { route } from './transforms/route.ts';
import { sample } from './transforms/sample.ts';
import { script } from './transforms/script/script.ts';
import { throttle } from './transforms/throttle.ts';
import { unpack } from './transforms/unpack.ts';

/** All plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [
  fileSource,
  generate,
  generateMetrics,
  internalStats,
  prometheusScrape,
  stdin,
  stdout,
  fields,
  filter,
  modify,
  multiline,
  parse,
  dedupe,
  route,
  sample,
  script,
  throttle,
  unpack,
  blackhole,
  fileSink,
];
export {
  answersAsJson,
  type MirrordAnswers,
  mirrordAnswers,
  mirrordEvents,
  mirrordLines,
  mirrordPresets,
  mirrordRun,
} from './generators/mirrord.ts';
export { type MirrordMetricsServer, serveMirrordMetrics } from './generators/mirrord-metrics/serve.ts';
export {
  type MirrordMetricAnswer,
  type MirrordMetrics,
  type MirrordMetricsAnswers,
  type MirrordMetricsFormat,
  mirrordMetrics,
} from './generators/mirrord-metrics.ts';
export { joiningFramer } from './multiline/joining-framer.ts';
export { type MultilineConfig, prepareMultiline } from './multiline/options.ts';
export { documentFramer } from './sources/document-framer.ts';
export { containerNames } from './sources/file/container-path.ts';
export { type Encoding, toUtf8 } from './sources/file/encoding.ts';
export { firstLine } from './sources/first-line.ts';
export { lineFramer } from './sources/line-framer.ts';
export type { EventObject } from './transforms/script/event-value.ts';
export { functionTransform } from './transforms/script/function-transform.ts';
export type { ScriptContext, ScriptFunction } from './transforms/script/run-function.ts';
export {
  blackhole,
  dedupe,
  FieldFileError,
  fields,
  fileSink,
  fileSource,
  filter,
  generate,
  generateMetrics,
  internalStats,
  loadFieldFile,
  modify,
  multiline,
  type PlacedProblem,
  parse,
  parseFieldFile,
  prometheusScrape,
  route,
  sample,
  script,
  stdin,
  stdout,
  throttle,
  unpack,
};
