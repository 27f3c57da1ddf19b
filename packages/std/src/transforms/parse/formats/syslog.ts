import { type Members, type Misfit, misfit, type ParseLine } from '../line.ts';
import { readStructuredData } from './structured-data.ts';

/** RFC 5424, 6.2.1, table 1, by the names of syslog.h where it has one. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
/** RFC 5424, 6.2.1, table 2, by the names of syslog.h. */
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** A syslog line: RFC 5424 when a version follows the priority, else RFC 3164 with what is usual there. */
export function syslogFormat(maxFields: number): ParseLine {
  return (line, members) => {
    const priority = /^<(\d{1,3})>/.exec(line);
    if (priority && Number(priority[1]) > 191) return misfit(`the priority ${priority[1]} is above 191`, 0);
    if (priority) putPriority(members, Number(priority[1]));
    const rest = line.slice(priority?.[0].length ?? 0);
    const at = line.length - rest.length;
    if (priority && /^[1-9]\d{0,2} /.test(rest)) return readNew(line, at, members, maxFields);
    return readOld(rest, members, priority !== null);
  };
}

export const SYSLOG_TIMES = ['rfc3339', '%b %e %H:%M:%S', '%b %e %H:%M:%S.%f', '%b %e %Y %H:%M:%S'];

function putPriority(members: Members, priority: number): void {
  members['facility'] = FACILITIES[priority >> 3]!;
  members['severity'] = SEVERITIES[priority & 7]!;
}

/** The parts of HEADER in RFC 5424, 6, and the most characters of each. */
const HEADER: readonly (readonly [key: string | null, most: number, name: string])[] = [
  [null, 3, 'VERSION'],
  ['timestamp', 48, 'TIMESTAMP'],
  ['hostname', 255, 'HOSTNAME'],
  ['appname', 48, 'APP-NAME'],
  ['procid', 128, 'PROCID'],
  ['msgid', 32, 'MSGID'],
];

/** RFC 5424, from VERSION on. */
function readNew(line: string, from: number, members: Members, maxFields: number): Misfit | null {
  let at = from;
  for (const [key, most, name] of HEADER) {
    const end = line.indexOf(' ', at);
    if (end <= at) return misfit(`${name} and a space are expected (RFC 5424)`, at);
    if (end - at > most) return misfit(`${name} is longer than ${most} characters (RFC 5424)`, at);
    const part = line.slice(at, end);
    if (key !== null && part !== '-') members[key] = part;
    at = end + 1;
  }
  const data = readStructuredData(line, at, maxFields);
  if ('code' in data) return data;
  if (data.elements !== null) members['structured_data'] = data.elements;
  if (data.end < line.length && line[data.end] !== ' ') return misfit('a space is expected (RFC 5424)', data.end);
  // The mark that a message is UTF-8 (6.4).
  const message = line.slice(data.end + 1).replace(/^\ufeff/, '');
  if (message !== '') members['message'] = message;
  return null;
}

const OLD_TIME =
  /^([A-Z][a-z]{2} (?:[ \d]\d|\d) (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /;
const TAG = /^([^\s:[\]]{1,255})(?:\[([^\]\s]{1,128})\])?:(?: |$)/;

/** RFC 3164: a time, mostly a host, mostly a tag. With a priority and nothing else that is known all of it is the message (4.3.3). */
function readOld(rest: string, members: Members, hasPriority: boolean): Misfit | null {
  const time = OLD_TIME.exec(rest);
  if (!time) {
    if (!hasPriority)
      return misfit('has neither a priority such as <13> nor a time such as Jan  2 15:04:05 (RFC 3164)');
    members['message'] = rest;
    return null;
  }
  members['timestamp'] = time[1]!;
  readContent(rest.slice(time[0].length), members);
  return null;
}

/** Programs that write to the local socket name no host: then the tag comes first. */
function readContent(content: string, members: Members): void {
  let text = content;
  const host = TAG.test(content) ? null : /^(\S{1,255}) /.exec(content);
  if (host) {
    members['hostname'] = host[1]!;
    text = content.slice(host[0].length);
  }
  const tag = TAG.exec(text);
  if (tag) {
    members['appname'] = tag[1]!;
    if (tag[2] !== undefined) members['procid'] = tag[2];
    text = text.slice(tag[0].length);
  }
  members['message'] = text;
}
