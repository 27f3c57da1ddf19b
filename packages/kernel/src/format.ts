/** How a log file's lines are written. */
export type Format = 'docker' | 'cri' | 'ndjson' | 'text';

const RFC3339 = String.raw`\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)`;
const CRI_LINE = new RegExp(`^${RFC3339} (stdout|stderr) [FP](:[^ ]*)?( |$)`);
const TIME = new RegExp(`^${RFC3339}$`);

/** What docker writes first, and a quote that is not escaped. */
const DOCKER_START = '{"log":"';
const QUOTE = /(?<!\\)(?:\\\\)*"/;

/**
 * Says a file's format by its first line (without or with its newline): docker (an object with `log` and `time`), CRI, another JSON object, else
 * text. Of a line that is not whole only the beginning counts.
 */
export function detectFormat(firstLine: Uint8Array, isWhole = true): Format {
  const text = new TextDecoder().decode(firstLine).replace(/\r?\n?$/, '');
  if (CRI_LINE.test(text)) return 'cri';
  if (!isWhole) return formatOfCut(text);
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'text';
  const { log, time, stream } = value as { log?: unknown; time?: unknown; stream?: unknown };
  const streamFits = stream === undefined || stream === 'stdout' || stream === 'stderr';
  return typeof log === 'string' && typeof time === 'string' && TIME.test(time) && streamFits ? 'docker' : 'ndjson';
}

// A docker line is as long as its `log` is.
function formatOfCut(text: string): Format {
  if (text.startsWith(DOCKER_START) && !QUOTE.test(text.slice(DOCKER_START.length))) return 'docker';
  return /^\s*\{\s*"/.test(text) ? 'ndjson' : 'text';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
