export { readResponse, readStatus, responseBytes, statusBytes } from './answers.ts';
export { cutRequest } from './cut.ts';
export { packEnvelope, unpackEnvelope } from './envelope.ts';
export { OtlpError } from './error.ts';
export { requestFromJson } from './from-json.ts';
export { joinPlaced, joinRequest } from './join.ts';
export { logEvents } from './log-events.ts';
export { readPoint } from './read-point.ts';
export { recordToJson, requestToJson } from './to-json.ts';
export type {
  AnyValue,
  Attributes,
  Cut,
  Encoding,
  Entry,
  Envelope,
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramValue,
  HistogramValue,
  LogEvents,
  MetricKind,
  MetricParts,
  MetricPoint,
  OtlpSignal,
  PartialSuccess,
  PointParts,
  RpcStatus,
  SummaryValue,
  Temporality,
} from './types.ts';
export { writeMetricEnvelope, writePoint } from './write-point.ts';
