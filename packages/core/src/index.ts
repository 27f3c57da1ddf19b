export { type Batch, eventId, type Frame, type Position, type Signal, type Stream } from './batch.ts';
export { ByteWriter } from './byte-writer.ts';
export { ERRORS, type ErrorCode, errorsPage } from './errors.ts';
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
export { type Json, parseJson, parseNumber, printJson, sameJson } from './json.ts';
export { type Lineage, type Outcome, retainAll, settleRange, Ticket, ticketAt, worst } from './lineage.ts';
export { LogBatch, type LogColumns } from './log-batch.ts';
export { checkFrameVersion, FrameError } from './log-frame.ts';
export { nearestHint } from './nearest.ts';
export { type Path, PathError, path, printPath, type Step } from './path.ts';
export * from './plugin.ts';
export * from './schema.ts';
