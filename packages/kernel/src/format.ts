/** How a log file's lines are written. */
export type Format = 'docker' | 'cri' | 'ndjson' | 'text';

const RFC3339 = String.raw`\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)`;
const CRI_LINE = new RegExp(`^${RFC3339} (stdout|stderr) [FP](:[^ ]*)?( |$)`);
const TIME = new RegExp(`^${RFC3339}$`);

/** Says a file's format by its first complete line (without or with its newline): docker (an object with `log` and `time`), CRI, another JSON object, else text. */
export function detectFormat(firstLine: Uint8Array): Format {
  const text = new TextDecoder().decode(firstLine).replace(/\r?\n?$/, '');
  if (CRI_LINE.test(text)) return 'cri';
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'text';
  const { log, time, stream } = value as { log?: unknown; time?: unknown; stream?: unknown };
  const streamFits = stream === undefined || stream === 'stdout' || stream === 'stderr';
  return typeof log === 'string' && typeof time === 'string' && TIME.test(time) && streamFits ? 'docker' : 'ndjson';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
