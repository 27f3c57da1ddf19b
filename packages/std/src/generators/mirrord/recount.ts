/** What a reader finds who knows nothing of the generator: JSON.parse, regular expressions and maps. */
export interface Recount {
  physicalLines: number;
  partialLines: number;
  events: number;
  nonJson: number;
  httpFilters: number;
  counts: Record<CountName, Record<string, number>>;
  distinct: Record<DistinctName, Set<unknown>>;
  /** Seconds, smallest first. */
  durations: number[];
}

type CountName = 'message' | 'level' | 'port' | 'targetType' | 'stream' | 'cliVersion' | 'scaleDown';
type DistinctName = 'client_id' | 'client_user' | 'session_id' | 'target_name' | 'target_namespace';
type Fields = Record<string, string | undefined>;

/** Reads a whole log file back and counts; `canonical` maps old message names to new ones. Throws on a line that is not of the format. */
export function recount(format: string, bytes: Buffer, canonical: Readonly<Record<string, string>>): Recount {
  const lines = parseLines(format, bytes);
  const events = mergeParts(lines);
  const found: Recount = {
    physicalLines: lines.length,
    partialLines: lines.filter((line) => !line.last).length,
    events: events.length,
    nonJson: 0,
    httpFilters: 0,
    counts: { message: {}, level: {}, port: {}, targetType: {}, stream: {}, cliVersion: {}, scaleDown: {} },
    distinct: {
      client_id: new Set(),
      client_user: new Set(),
      session_id: new Set(),
      target_name: new Set(),
      target_namespace: new Set(),
    },
    durations: [],
  };
  for (const { text, stream } of events) {
    bump(found.counts.stream, stream);
    const record = parseRecord(text);
    if (record === undefined) found.nonJson += 1;
    else countRecord(found, record, canonical);
  }
  found.durations.sort((left, right) => left - right);
  return found;
}

function countRecord(found: Recount, record: { level: string; fields: Fields }, canonical: Fields): void {
  const { fields, level } = record;
  const { counts, distinct } = found;
  const message = String(fields['message']);
  const [type, name] = fields['target']?.split('/') ?? [];
  bump(counts.message, canonical[message] ?? message);
  bump(counts.level, level);
  bump(counts.port, fields['port']);
  bump(counts.targetType, fields['target_type'] ?? type);
  bump(counts.cliVersion, fields['client_cli_version']);
  bump(counts.scaleDown, fields['scale_down']);
  if (fields['http_filter'] !== undefined) found.httpFilters += 1;
  for (const key of ['client_id', 'client_user', 'session_id', 'target_namespace'] as const) {
    if (fields[key] !== undefined) distinct[key].add(fields[key]);
  }
  const targetName = fields['target_name'] ?? name;
  if (targetName !== undefined) distinct.target_name.add(targetName);
  const duration = fields['session_duration'] ?? fields['duration'];
  if (duration !== undefined) found.durations.push(Number(duration));
}

interface Line {
  /** Bytes as latin1, so that a letter cut in two survives. */
  text: string;
  stream: string;
  last: boolean;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/;

function parseLines(format: string, bytes: Buffer): Line[] {
  const lines = bytes.toString('latin1').split('\n');
  if (lines.pop() !== '') throw new Error('the file does not end in a newline');
  if (format === 'plain') return lines.map((text) => ({ text, stream: '', last: true }));
  return lines.map(format === 'cri' ? parseCri : parseDocker);
}

function parseCri(line: string): Line {
  const [, time = '', stream = '', tag, text = ''] = /^(\S+) (stdout|stderr) ([PF]) (.*)$/s.exec(line) ?? [];
  if (!TIME.test(time)) throw new Error(`not a CRI line: ${line}`);
  return { text, stream, last: tag === 'F' };
}

function parseDocker(line: string): Line {
  const { log, stream, time, ...others } = JSON.parse(Buffer.from(line, 'latin1').toString());
  if (!TIME.test(time) || Object.keys(others).length > 0) throw new Error(`not a docker line: ${line}`);
  const last = log.endsWith('\n');
  return { text: Buffer.from(last ? log.slice(0, -1) : log).toString('latin1'), stream, last };
}

function mergeParts(lines: readonly Line[]): { text: string; stream: string }[] {
  const open = new Map<string, string>();
  const merged: { text: string; stream: string }[] = [];
  for (const { text, stream, last } of lines) {
    const whole = (open.get(stream) ?? '') + text;
    open.delete(stream);
    if (last) merged.push({ text: Buffer.from(whole, 'latin1').toString(), stream });
    else open.set(stream, whole);
  }
  if (open.size > 0) throw new Error('a cut line has no end');
  return merged;
}

function parseRecord(text: string): { level: string; fields: Fields } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bump(counts: Record<string, number>, key: unknown): void {
  if (key !== undefined) counts[String(key)] = (counts[String(key)] ?? 0) + 1;
}
