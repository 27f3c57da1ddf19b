/** Printers of the formats that parse reads, for tests: what they print is what a program may write. */

/** Pairs with quoted keys and values, as `readQuoted` reads them. */
export function printPairs(pairs: readonly (readonly [string, string])[], between: string, equals: string): string {
  return pairs.map(([key, value]) => `${printQuoted(key)}${equals}${printQuoted(value)}`).join(between);
}

function printQuoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`;
}

/** A record of RFC 4180; what needs no quotes gets none, but for empty texts. */
export function printCsv(values: readonly (string | null)[], delimiter: string, quote: string): string {
  return values.map((value) => (value === null ? '' : printValue(value, delimiter, quote))).join(delimiter);
}

function printValue(value: string, delimiter: string, quote: string): string {
  const needsQuotes = value === '' || [delimiter, quote, '\n', '\r'].some((mark) => value.includes(mark));
  return needsQuotes ? `${quote}${value.replaceAll(quote, quote + quote)}${quote}` : value;
}

export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string | null;
  readonly hostname: string | null;
  readonly appname: string | null;
  readonly procid: string | null;
  readonly msgid: string | null;
  readonly data: readonly (readonly [id: string, parameters: readonly (readonly [string, string])[]])[];
  readonly message: string;
}

/** RFC 5424, 6. */
export function printSyslog5424(it: SyslogMessage): string {
  const header = [it.timestamp, it.hostname, it.appname, it.procid, it.msgid].map((part) => part ?? '-').join(' ');
  const data = it.data
    .map(
      ([id, parameters]) =>
        `[${[id, ...parameters.map(([k, v]) => `${k}="${v.replace(/["\\\]]/g, '\\$&')}"`)].join(' ')}]`,
    )
    .join('');
  const message = it.message === '' ? '' : ` ${it.message}`;
  return `<${it.facility * 8 + it.severity}>1 ${header} ${data === '' ? '-' : data}${message}`;
}

/** RFC 3164, 4.1; the time in UTC. */
export function printSyslog3164(it: SyslogMessage & { readonly at: Date }): string {
  const month = it.at.toLocaleString('en', { month: 'short', timeZone: 'UTC' });
  const time = `${month} ${String(it.at.getUTCDate()).padStart(2)} ${it.at.toISOString().slice(11, 19)}`;
  const tag = `${it.appname}${it.procid === null ? '' : `[${it.procid}]`}:`;
  return `<${it.facility * 8 + it.severity}>${time} ${it.hostname} ${tag} ${it.message}`;
}

/** The header of klog, in UTC. */
export function printKlog(it: {
  severity: string;
  at: Date;
  pid: number;
  file: string;
  line: number;
  message: string;
}): string {
  const iso = it.at.toISOString();
  const time = `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 19)}.${iso.slice(20, 23)}000`;
  return `${it.severity[0]}${time} ${String(it.pid).padStart(7)} ${it.file}:${it.line}] ${it.message}`;
}

export interface Access {
  readonly client: string;
  readonly user: string | null;
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number | null;
  readonly referer: string | null;
  readonly agent: string | null;
}

/** The combined format as Apache (quotes with a backslash) or nginx (as \x22) write it. */
export function printCombined(it: Access, server: 'apache' | 'nginx'): string {
  const [, day, month, year, time] = it.at.toUTCString().split(' ');
  const quoted = (text: string | null): string => `"${text === null ? '-' : escapeText(text, server)}"`;
  const request = quoted(`${it.method} ${it.path} ${it.protocol}`);
  const stamp = `[${day}/${month}/${year}:${time} +0000]`;
  return `${it.client} - ${it.user ?? '-'} ${stamp} ${request} ${it.status} ${it.bytes ?? '-'} ${quoted(it.referer)} ${quoted(it.agent)}`;
}

function escapeText(text: string, server: 'apache' | 'nginx'): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      if (server === 'apache' && (char === '"' || char === '\\')) return `\\${char}`;
      const plain = byte >= 0x20 && byte < 0x7f && char !== '"' && char !== '\\';
      return plain ? char : `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}
