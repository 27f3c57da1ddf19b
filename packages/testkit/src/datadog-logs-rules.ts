import { type IntakeAnswer, type IntakeRoute, refusal } from './datadog-route.ts';

/** One log, as it stood in the request. */
export type TakenLog = Readonly<Record<string, unknown>>;

/** What the intake took, and what the service behind it does to single logs without saying so. */
export interface TakenLogs {
  readonly entries: TakenLog[];
  /** Taken, then cut: the service keeps 1 MB of a log. */
  readonly cut: TakenLog[];
  /** Taken, then dropped: too old, or too far in the future. */
  readonly dropped: TakenLog[];
}

/** Nothing yet. */
export function takenLogs(): TakenLogs {
  return { entries: [], cut: [], dropped: [] };
}

/** “Maximum content size per payload (uncompressed): 5MB” (https://docs.datadoghq.com/api/latest/logs/#send-logs). */
const MAX_BYTES = 5_000_000;
/** “Maximum size for a single log: 1MB”; a longer one “is accepted and truncated” (same page). */
const MAX_ENTRY_BYTES = 1_000_000;
/** “Maximum array size if sending multiple logs in an array: 1000 entries” (same page). */
const MAX_ENTRIES = 1000;
/** “Log events can be submitted with a timestamp that is up to 18 hours in the past” (same page). */
const MAX_AGE_MS = 18 * 3_600_000;
/** “and two hours in the future” (https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/). */
const MAX_AHEAD_MS = 2 * 3_600_000;
/** The attributes of `HTTPLogItem` (same page, request body): all are strings, `message` has to be there. */
const STRINGS = ['ddsource', 'ddtags', 'hostname', 'message', 'service'] as const;

/** Says why a log is malformed. */
type Fault = (log: TakenLog) => string | undefined;

/** `POST /api/v2/logs`; `refuses` adds a rule to those of Datadog. */
export function logsRoute(taken: TakenLogs, refuses: Fault): IntakeRoute {
  return {
    method: 'POST',
    path: /^\/api\/v2\/logs$/,
    maxBytes: MAX_BYTES,
    // “identity, gzip, deflate” (same page, header Content-Encoding); zstd is what the Datadog Agent sends to this path unless told
    // otherwise (github.com/DataDog/datadog-agent, `logs_config.compression_kind`).
    encodings: ['identity', 'gzip', 'deflate', 'zstd'],
    answer: ({ body }) => take(taken, body, refuses),
  };
}

function take(taken: TakenLogs, body: Buffer, refuses: Fault): IntakeAnswer {
  const value = parse(body);
  if (value === undefined) return refusal(400, 'Invalid JSON', true);
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  // The page names the limit, not the status; it is a payload that is too large.
  if (entries.length > MAX_ENTRIES) return refusal(413, `${entries.length} entries in one request`, true);
  for (const [index, entry] of entries.entries()) {
    const fault = faultOf(entry) ?? refuses(entry as TakenLog);
    if (fault) return refusal(400, `entry ${index}: ${fault}`, true);
  }
  for (const entry of entries as TakenLog[]) {
    if (isOutOfTime(entry)) taken.dropped.push(entry);
    else taken.entries.push(entry);
    if (Buffer.byteLength(JSON.stringify(entry)) > MAX_ENTRY_BYTES) taken.cut.push(entry);
  }
  return { status: 202 };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

function faultOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'is no object';
  const log = entry as TakenLog;
  if (log['message'] === undefined) return 'has no message';
  const wrong = STRINGS.find((name) => log[name] !== undefined && typeof log[name] !== 'string');
  return wrong && `${wrong} is no string`;
}

/** The date is read from `timestamp`, as milliseconds or ISO 8601 (https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/). */
function isOutOfTime({ timestamp }: TakenLog): boolean {
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  const age = typeof time === 'number' ? Date.now() - time : 0;
  return age > MAX_AGE_MS || age < -MAX_AHEAD_MS;
}
