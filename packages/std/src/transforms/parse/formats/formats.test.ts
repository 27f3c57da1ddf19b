import { expect, test } from 'vitest';
import { type Members, noMembers, type ParseLine } from '../line.ts';
import { combinedFormat } from './combined.ts';
import { csvFormat } from './csv.ts';
import { klogFormat } from './klog.ts';
import { pairsFormat } from './pairs.ts';
import { syslogFormat } from './syslog.ts';

/** What a format finds in a line, or why it finds nothing. */
function found(parse: ParseLine, line: string): Members | string {
  const members = noMembers();
  const misfit = parse(line, members);
  return misfit ? `${misfit.code}: ${misfit.message}` : { ...members };
}

const logfmt = pairsFormat({ between: ' ', equals: '=', quotes: '"', bareWords: 'member', maxFields: 4 });

test.each([
  // Prometheus, Heroku's router, Loki
  ['level=info msg="Completed loading" time=0s', { level: 'info', msg: 'Completed loading', time: '0s' }],
  ['at=error code=H12 path="/a?b=c" dyno=web.1', { at: 'error', code: 'H12', path: '/a?b=c', dyno: 'web.1' }],
  ['  a=1\t\tb= c=""  ', { a: '1', b: '', c: '' }],
  ['a="x \\"y\\" \\\\ \\n \\t \\u00e9 \\q"', { a: 'x "y" \\ \n \t é \\q' }],
  ['debug a=1', { debug: true, a: '1' }],
  ['"a b"=1 "c"', { 'a b': '1', c: true }],
  ['a=1 a=2', { a: '2' }],
  ['url=http://x/?a=b', { url: 'http://x/?a=b' }],
  ['a=b"c', { a: 'b"c' }],
  ['__proto__=x constructor=y', { ['__proto__']: 'x', constructor: 'y' }],
  ['just words', 'not_parsed: has no pair such as key=value'],
  ['', 'not_parsed: has no pair such as key=value'],
  ['a=1 =2', 'not_parsed: column 5: a key is expected before ='],
  ['a="1', 'not_parsed: column 3: the quote of a is not closed'],
  ['a="1"b', 'not_parsed: column 6: the value of a goes on behind its closing quote'],
  ['"a"b=1', 'not_parsed: column 4: a goes on behind its closing quote'],
  ['"a', 'not_parsed: column 1: the quote is not closed'],
  ['a=1 b=2 c=3 d=4 e=5', 'too_many_fields: has more than 4 members'],
])('logfmt: %s', (line, expected) => {
  const members = found(logfmt, line);
  expect(typeof members === 'string' ? members : JSON.stringify(members)).toBe(
    typeof expected === 'string' ? expected : JSON.stringify(expected),
  );
});

test('a message does not repeat a key of any length', () => {
  expect(found(logfmt, `${'k'.repeat(1000)}="`)).toBe(
    `not_parsed: column 1002: the quote of ${'k'.repeat(40)}… is not closed`,
  );
});

test.each([
  ['; ', ':', `'"`, "a: 1;  b : 'x; y'; c", { a: '1', b: 'x; y', c: true }],
  ['&', '=', '', 'a=1&b="2"&&c', { a: '1', b: '"2"', c: true }],
  [', ', ' => ', '"', 'a => 1, b => "x, y"', { a: '1', b: 'x, y' }],
  ['\t', ':', '"', 'time:[10/Oct/2000:13:55:36]\tsize:2', { time: '[10/Oct/2000:13:55:36]', size: '2' }],
])('key_value with %j and %j', (between, equals, quotes, line, expected) => {
  const parse = pairsFormat({ between, equals, quotes, bareWords: 'member', maxFields: 10 });
  expect(found(parse, line)).toEqual(expected);
});

test('words alone may be left out, or be a misfit', () => {
  const parse = (bareWords: 'ignore' | 'misfit') =>
    pairsFormat({ between: ' ', equals: '=', quotes: '"', bareWords, maxFields: 1 });
  expect(found(parse('ignore'), 'one two a=1 three')).toEqual({ a: '1' });
  expect(found(parse('misfit'), 'a=1 two')).toBe('not_parsed: column 5: two has no value');
});

const csv = csvFormat({ columns: [['a'], ['b', 'c'], null, ['d']], delimiter: ',', quote: '"' });

test.each([
  ['1,2,3,4', { a: '1', b: { c: '2' }, d: '4' }],
  ['1,2', { a: '1', b: { c: '2' } }],
  ['"1,""x""\n",,,""', { a: '1,"x"\n', d: '' }],
  [' 1, "2"', { a: ' 1', b: { c: ' "2"' } }],
  ['1,2,3,4,5', 'not_parsed: column 9: has more values than the 4 columns'],
  ['1,"2', 'not_parsed: column 3: the quote is not closed'],
  ['"1"2,3', 'not_parsed: column 4: the value goes on behind its closing quote'],
  ['', 'not_parsed: is empty'],
])('csv: %j', (line, expected) => {
  expect(found(csv, line)).toEqual(expected);
});

const syslog = syslogFormat(3);

test.each([
  // RFC 5424, 6.5, examples 1 to 4
  [
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    {
      ...{ facility: 'auth', severity: 'crit', timestamp: '2003-10-11T22:14:15.003Z' },
      ...{ hostname: 'mymachine.example.com', appname: 'su', msgid: 'ID47' },
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  [
    '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It’s time to make the do-nuts.',
    {
      ...{ facility: 'local4', severity: 'notice', timestamp: '2003-08-24T05:14:15.000003-07:00' },
      ...{ hostname: '192.0.2.1', appname: 'myproc', procid: '8710', message: '%% It’s time to make the do-nuts.' },
    },
  ],
  [
    '<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App"][examplePriority@32473 class="high"]',
    'too_many_fields: has more than 3 members',
  ],
  [
    '<165>1 - - - - - [a b="\\"\\\\\\]\\n" b="2"]',
    { facility: 'local4', severity: 'notice', structured_data: { a: { b: ['"\\]\\n', '2'] } } },
  ],
  ['<0>1 - - - - - -', { facility: 'kern', severity: 'emerg' }],
  ['<192>1 - - - - - -', 'not_parsed: column 1: the priority 192 is above 191'],
  ['<13>1 - - - -', 'not_parsed: column 13: PROCID and a space are expected (RFC 5424)'],
  ['<13>1 - -  - - -', 'not_parsed: column 11: APP-NAME and a space are expected (RFC 5424)'],
  [`<13>1 - - ${'a'.repeat(49)} - - -`, 'not_parsed: column 11: APP-NAME is longer than 48 characters (RFC 5424)'],
  ['<13>1 - - - - - x', 'not_parsed: column 17: structured data or - is expected (RFC 5424)'],
  ['<13>1 - - - - - []', 'not_parsed: column 18: the id of an element of structured data is expected (RFC 5424)'],
  ['<13>1 - - - - - [a b]', 'not_parsed: column 21: ="…" is expected behind b (RFC 5424)'],
  ['<13>1 - - - - - [a b="c]', 'not_parsed: column 22: the value of b is not closed (RFC 5424)'],
  ['<13>1 - - - - - [a', 'not_parsed: column 19: ] is expected (RFC 5424)'],
  ['<13>1 - - - - - -x', 'not_parsed: column 18: a space is expected (RFC 5424)'],
  // RFC 3164, 5.4
  [
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    {
      ...{ facility: 'auth', severity: 'crit', timestamp: 'Oct 11 22:14:15', hostname: 'mymachine', appname: 'su' },
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  ['<13>use the BFG!', { facility: 'user', severity: 'notice', message: 'use the BFG!' }],
  // A file that rsyslog wrote, a message from the local socket, RFC 3339 times
  [
    'Mar  2 04:05:06 web1 sshd[811]: Accepted publickey for ada from 192.0.2.7 port 51022 ssh2',
    {
      ...{ timestamp: 'Mar  2 04:05:06', hostname: 'web1', appname: 'sshd', procid: '811' },
      message: 'Accepted publickey for ada from 192.0.2.7 port 51022 ssh2',
    },
  ],
  [
    '<86>Mar 12 04:05:06 CRON[99]: session opened',
    {
      ...{ facility: 'authpriv', severity: 'info', timestamp: 'Mar 12 04:05:06', appname: 'CRON', procid: '99' },
      message: 'session opened',
    },
  ],
  [
    '2024-03-02T04:05:06.123456+01:00 web1 kernel: [ 12.5] eth0: link up',
    {
      timestamp: '2024-03-02T04:05:06.123456+01:00',
      hostname: 'web1',
      appname: 'kernel',
      message: '[ 12.5] eth0: link up',
    },
  ],
  [
    'Mar  2 04:05:06 web1 last message repeated 2 times',
    { timestamp: 'Mar  2 04:05:06', hostname: 'web1', message: 'last message repeated 2 times' },
  ],
  ['no syslog', 'not_parsed: has neither a priority such as <13> nor a time such as Jan  2 15:04:05 (RFC 3164)'],
])('syslog: %s', (line, expected) => {
  expect(found(syslog, line)).toEqual(expected);
});

test('structured data is counted by elements and parameters', () => {
  expect(found(syslogFormat(2), '<13>1 - - - - - [a][b]')).toMatchObject({ structured_data: { a: {}, b: {} } });
  expect(found(syslogFormat(2), '<13>1 - - - - - [a][b][c]')).toBe('too_many_fields: has more than 2 members');
});

test.each([
  // kube-apiserver, kubelet, kube-proxy
  [
    'I0521 09:45:29.105938       1 httplog.go:132] "HTTP" verb="GET" URI="/readyz" latency="1.2ms"',
    {
      ...{ timestamp: '0521 09:45:29.105938', severity: 'INFO', pid: 1, file: 'httplog.go', line: 132 },
      message: '"HTTP" verb="GET" URI="/readyz" latency="1.2ms"',
    },
  ],
  [
    'E0302 10:00:00.123456    2411 pod_workers.go:1298] Error syncing pod\n  more',
    {
      ...{ timestamp: '0302 10:00:00.123456', severity: 'ERROR', pid: 2411, file: 'pod_workers.go', line: 1298 },
      message: 'Error syncing pod\n  more',
    },
  ],
  [
    'W0302 10:00:00.123456 7 a:b.go:1]',
    { timestamp: '0302 10:00:00.123456', severity: 'WARNING', pid: 7, file: 'a:b.go', line: 1, message: '' },
  ],
  ['F0302 10:00:00.123456 7 a.go:1]x', 'not_parsed: has no klog header such as I0102 15:04:05.000000 1 main.go:7] …'],
  ['D0302 10:00:00.123456 7 a.go:1] x', 'not_parsed: has no klog header such as I0102 15:04:05.000000 1 main.go:7] …'],
])('klog: %s', (line, expected) => {
  expect(found(klogFormat, line)).toEqual(expected);
});

const NO_ACCESS_LINE =
  'not_parsed: is no access log line: client ident user [time] "request" status bytes "referer" "agent"';
const TIME = '10/Oct/2000:13:55:36 -0700';

test.each([
  // The examples of mod_log_config
  [
    `127.0.0.1 - frank [${TIME}] "GET /apache_pb.gif HTTP/1.0" 200 2326`,
    {
      ...{ client: '127.0.0.1', user: 'frank', timestamp: TIME, method: 'GET', path: '/apache_pb.gif' },
      ...{ protocol: 'HTTP/1.0', status: 200, bytes: 2326 },
    },
  ],
  [
    `127.0.0.1 - frank [${TIME}] "GET /a HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"`,
    {
      ...{ client: '127.0.0.1', user: 'frank', timestamp: TIME, method: 'GET', path: '/a', protocol: 'HTTP/1.0' },
      ...{
        status: 200,
        bytes: 2326,
        referer: 'http://www.example.com/start.html',
        agent: 'Mozilla/4.08 [en] (Win98; I ;Nav)',
      },
    },
  ],
  // nginx: a TLS handshake on a port of HTTP, quotes, a field more
  [
    `2001:db8::1 - - [${TIME}] "\\x16\\x03\\x01" 400 157 "-" "-"`,
    { client: '2001:db8::1', timestamp: TIME, request: '\x16\x03\x01', status: 400, bytes: 157 },
  ],
  [
    `192.0.2.1 - - [${TIME}] "GET /\\xC3\\xA9?q=\\x22 HTTP/2.0" 304 0 "-" "a\\x22b\\xff" "203.0.113.9"`,
    {
      ...{
        client: '192.0.2.1',
        timestamp: TIME,
        method: 'GET',
        path: '/é?q="',
        protocol: 'HTTP/2.0',
        status: 304,
        bytes: 0,
      },
      ...{ agent: 'a\\x22b\\xff'.replace('\\x22', '"'), extra: '"203.0.113.9"' },
    },
  ],
  [
    `h:80 192.0.2.1 - - [${TIME}] "-" 408 -`,
    { virtual_host: 'h:80', client: '192.0.2.1', timestamp: TIME, status: 408 },
  ],
  [
    `::1 - - [${TIME}] "GET /a b HTTP/1.1" 400 1 "" "\\\\\\"\\t\\v"`,
    { client: '::1', timestamp: TIME, request: 'GET /a b HTTP/1.1', status: 400, bytes: 1, agent: '\\"\t\v' },
  ],
  [`192.0.2.1 - - [${TIME}] "GET / HTTP/1.1" 200`, NO_ACCESS_LINE],
  [`192.0.2.1 - - [${TIME}] "GET / 200 1`, NO_ACCESS_LINE],
  ['', NO_ACCESS_LINE],
])('combined: %s', (line, expected) => {
  expect(found(combinedFormat, line)).toEqual(expected);
});

// Where time grew with a power of the length, these would take minutes.
test.each([
  ['logfmt', logfmt, 'a="\\'],
  ['logfmt', logfmt, '" '],
  ['logfmt', logfmt, 'a='],
  ['logfmt', logfmt, 'a'],
  ['csv', csv, '"'],
  ['csv', csv, ','],
  ['csv', csv, '"x'],
  ['syslog', syslog, '<13>1 - - - - - [a b="'],
  ['syslog', syslogFormat(1e9), '<13>1 - - - - - [a b="c"]'],
  ['syslog', syslog, 'Mar  2 04:05:06 '],
  ['klog', klogFormat, 'I0302 10:00:00.123456 7 '],
  ['klog', klogFormat, 'I0302 10:00:00.123456 7 a:1'],
  ['combined', combinedFormat, 'h:1'],
  ['combined', combinedFormat, '- [ "\\'],
  ['combined', combinedFormat, `h - - [${TIME}] "`],
  ['combined', combinedFormat, `h - - [${TIME}] "\\"" 200 1 "" `],
])('%s ends on a very long line (%#)', { timeout: 60_000 }, (_name, parse, piece) => {
  const members = noMembers();
  parse(piece.repeat(Math.ceil(2_000_000 / piece.length)), members);
  parse(piece + piece.slice(-3).repeat(500_000), noMembers());
});
