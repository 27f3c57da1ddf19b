import { type Members, misfit, type ParseLine } from '../line.ts';

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const LINE = new RegExp(
  `^(?:(\\S+:\\d+) )?(\\S+) (\\S+) (\\S+) \\[([^\\]]{1,64})\\] ${QUOTED} (\\d{3}|-) (\\d{1,15}|-)(?: ${QUOTED} ${QUOTED})?(?: (.*))?$`,
  's',
);
const REQUEST = /^([A-Z][A-Z_-]{0,31}) (\S+)(?: (HTTP\/\d(?:\.\d)?))?$/;

/**
 * The access log formats `common` and `combined` of Apache (mod_log_config) and `combined` of nginx (ngx_http_log_module), also with the
 * virtual host in front, or with more behind, which is `extra`. What is `-` is left out.
 */
export const combinedFormat: ParseLine = (line, members) => {
  const match = LINE.exec(line);
  if (!match) return misfit('is no access log line: client ident user [time] "request" status bytes "referer" "agent"');
  const [, host, client, ident, user, timestamp, request, status, bytes, referer, agent, extra] = match;
  put(members, 'virtual_host', host);
  put(members, 'client', client);
  put(members, 'ident', ident);
  put(members, 'user', user);
  put(members, 'timestamp', timestamp);
  putRequest(members, request!);
  if (status !== '-') members['status'] = Number(status);
  if (bytes !== '-') members['bytes'] = Number(bytes);
  put(members, 'referer', referer);
  put(members, 'agent', agent);
  if (extra !== undefined && extra !== '') members['extra'] = extra;
  return null;
};

export const COMBINED_TIMES = ['%d/%b/%Y:%H:%M:%S %z', 'rfc3339'];

function put(members: Members, key: string, written: string | undefined): void {
  if (written !== undefined && written !== '-' && written !== '') members[key] = unescaped(written);
}

/** A request that is none (bytes of a TLS handshake, say) stays whole. */
function putRequest(members: Members, written: string): void {
  const request = REQUEST.exec(written);
  if (!request) {
    put(members, 'request', written);
    return;
  }
  members['method'] = request[1]!;
  put(members, 'path', request[2]);
  put(members, 'protocol', request[3]);
}

const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Both servers write quotes, backslashes and bytes that are not printed with a backslash, as in C; nginx the quotes too as \x22. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/(?:\\x[\da-fA-F]{2})+|\\([^x])/g, (whole: string, char: string | undefined) =>
    char === undefined ? (utf8(whole) ?? whole) : (CONTROLS[char] ?? char),
  );
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The characters of bytes that are written \xc3\xa9; `null` when they are no UTF-8. */
function utf8(written: string): string | null {
  try {
    return strict.decode(Buffer.from(written.replaceAll('\\x', ''), 'hex'));
  } catch {
    return null;
  }
}
