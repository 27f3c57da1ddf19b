export { type Batch, eventId, type Frame, type Position, type Signal, type Stream, signalsOf } from './batch.ts';
export { ByteWriter } from './byte-writer.ts';
export {
  basicAuthorization,
  CLIENT_TLS,
  type ClientTls,
  checkHeader,
  readClientTls,
  readHeaders,
  readPem,
  readProxy,
  readServerTls,
  readUser,
  type ServerTls,
} from './connection-options.ts';
export { countText } from './count-text.ts';
export { ERRORS, type ErrorCode, errorsPage } from './errors.ts';
export { type EventLoopDelay, measureEventLoopDelay } from './event-loop-delay.ts';
export {
  FIELD_TYPES,
  type Field,
  type FieldFile,
  type FieldProblem,
  type FieldSplit,
  type FieldType,
  type FieldValue,
  fieldFileFrom,
  fieldsFrom,
} from './field-file.ts';
export { batchFromFrame } from './frame.ts';
export { FrameError, frameSignal } from './frame-format.ts';
export { type EventOf, joinEvents } from './join-events.ts';
export { type Json, parseJson, parseNumber, printJson, sameJson } from './json.ts';
export {
  type Lineage,
  type Outcome,
  retainAll,
  retainCopies,
  settleRange,
  Ticket,
  ticketAt,
  worst,
} from './lineage.ts';
export { LogBatch, type LogColumns } from './log-batch.ts';
export { makeFolder } from './make-folder.ts';
export { nearestHint } from './nearest.ts';
export { http } from './node-http.ts';
export { type Path, PathError, path, printPath, type Step } from './path.ts';
export * from './plugin.ts';
export { type ReadEvent, readEvents } from './read-events.ts';
export { readFieldFile } from './read-field-file.ts';
export {
  type MetricBatch,
  RecordBatch,
  type RecordColumns,
  type RecordSignal,
  type Records,
  recordFromText,
  type TraceBatch,
} from './record-batch.ts';
export type { ComponentNumbers, HistogramNumbers, RunNumbers } from './run-numbers.ts';
export * from './schema.ts';
export { parseTraceparent, type TraceParent } from './trace-context.ts';
