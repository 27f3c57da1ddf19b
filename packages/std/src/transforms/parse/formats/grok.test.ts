import { isIP, isIPv6 } from 'node:net';
import { ConfigError } from '@tailrace/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRegex } from '../../../regex/regex.ts';
import { noMembers } from '../line.ts';
import { grokFormat } from './grok.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

/** What a pattern finds; `null`: it does not match. */
function found(pattern: string, line: string, definitions: Record<string, string> = {}): object | null {
  const members = noMembers();
  return grokFormat([pattern], definitions)(line, members) ? null : { ...members };
}

/** Whether a name stands for the whole text. */
const isWhole = (name: string, text: string): boolean => found(`\\A%{${name}:it}\\z`, text) !== null;

test.each(Object.keys(GROK_PATTERNS))('%s runs on the quick engine', (name) => {
  const expanded = (pattern: string): string =>
    pattern.replace(/%\{(\w+)(?::\w+)?\}/g, (_, inner: string) => `(?:${expanded(GROK_PATTERNS[inner]!)})`);
  expect(compileRegex(expanded(`%{${name}}`)).engine).toBe('v8');
});

test.each([
  ['WORD', ['abc_1'], ['a-b', '']],
  ['NOTSPACE', ['a-b'], ['a b']],
  ['QS', ['"a \\" b"', "'x'", '``'], ['"a" b"', 'a']],
  ['USER', ['ada.l-1'], ['a b']],
  ['UUID', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567-e89b-12d3-a456']],
  ['URN', ['urn:isbn:0451450523'], ['isbn:1']],
  ['EMAILADDRESS', ["o'neil+x@mail.example.org"], ['a@', '.a@b']],
  ['INT', ['-12', '+3'], ['1.5']],
  ['POSINT', ['12'], ['0', '012']],
  ['NUMBER', ['1', '-1.5', '.5', '1e9', '1.'], ['.', '1,5']],
  ['BASE16NUM', ['0xFF', 'ff'], ['xyz']],
  ['BASE16FLOAT', ['0x1.8', 'f.f'], ['g']],
  ['HOSTNAME', ['web-1.example.org', 'my_svc', 'a.'], ['-a', 'a..b', 'a/b']],
  ['IPORHOST', ['10.0.0.1', '::1', 'web1'], ['a b']],
  ['HOSTPORT', ['web1:80', '10.0.0.1:443'], ['web1']],
  ['MAC', ['00:1a:2B:3c:4d:5e', '00-1A-2B-3C-4D-5E', '001a.2b3c.4d5e'], ['00:1a:2b:3c:4d']],
  ['UNIXPATH', ['/', '/var/log/x.log'], ['var/log']],
  ['WINPATH', ['C:\\Windows\\x.log', '\\\\srv\\a'], ['C:']],
  ['TTY', ['/dev/pts/0', '/dev/tty1'], ['/dev/sda']],
  ['URIPATHPARAM', ['/a/b?c=d&e'], ['a']],
  ['URI', ['https://u:p@example.org:8443/a?b=c#d', 'http://[::1]:80/', 'file:///etc/x'], ['example.org']],
  ['MONTH', ['Jan', 'September', 'Sept'], ['Foo']],
  ['MONTHDAY', ['01', '9', '31'], ['0', '32']],
  ['MONTHNUM', ['01', '9', '12'], ['0', '13']],
  ['DAY', ['Mon', 'Tues', 'Thursday'], ['Noday']],
  ['YEAR', ['24', '2024'], ['202']],
  ['TIME', ['23:59', '0:00:60', '12:00:01.5', '12:00:01,5'], ['24:00', '12:60']],
  ['DATE', ['12/31/2024', '31.12.2024', '31-12-24'], ['2024-12-31']],
  ['DATESTAMP', ['12/31/2024 12:00:00'], ['12/31/2024']],
  [
    'TIMESTAMP_ISO8601',
    ['2024-02-29T12:00:00.123Z', '2024-02-29 12:00:00,1+02:00', '2024-02-29T12:00'],
    ['2024-02-29'],
  ],
  ['DATESTAMP_RFC2822', ['Mon, 02 Jan 2006 15:04:05 -0700'], ['02 Jan 2006']],
  ['DATESTAMP_OTHER', ['Mon Jan 2 15:04:05 MST 2006'], ['Mon Jan 2']],
  ['DATESTAMP_RFC822', ['Mon Jan 02 2006 15:04:05 MST'], ['Mon Jan']],
  ['DATESTAMP_EVENTLOG', ['20240229120000'], ['2024']],
  ['HTTPDATE', ['10/Oct/2000:13:55:36 -0700'], ['10/10/2000:13:55:36 -0700']],
  ['UNIXTIME', ['1700000000', '1700000000.5'], ['17']],
  ['SYSLOGTIMESTAMP', ['Oct 11 22:14:15', 'Oct  1 22:14:15'], ['11 Oct']],
  ['SYSLOGPROG', ['sshd[12]', 'postfix/smtpd'], ['a b']],
  ['SYSLOGLINE', ['Oct 11 22:14:15 web1 su[1]: hello'], ['hello']],
  ['LOGLEVEL', ['INFO', 'warn', 'Error', 'CRITICAL'], ['loud']],
  ['JAVACLASS', ['org.shop.Cart$Item', 'Main'], ['1a']],
  ['JAVASTACKTRACEPART', ['\tat org.shop.Cart.<init>(Cart.java:12)', 'at a.B.c(Native Method)'], ['caused by']],
  ['GREEDYMULTILINE', ['a\nb'], []],
  ['SPACE', ['', '  '], ['x']],
])('%s', (name, fitting, unfit) => {
  expect(fitting.filter((text) => !isWhole(name, text))).toEqual([]);
  expect(unfit.filter((text) => isWhole(name, text))).toEqual([]);
});

test('IP is what Node takes for an address', () => {
  const group = fc.constantFrom('0', '1', 'ff', '2001', 'abcd');
  const almost = fc
    .tuple(fc.array(group, { maxLength: 8 }), fc.array(group, { maxLength: 8 }), fc.constantFrom('::', ':', ''))
    .map(([before, after, middle]) => `${before.join(':')}${middle}${after.join(':')}`);
  const withV4 = fc.tuple(almost, fc.ipV4()).map(([text, v4]) => `${text}:${v4}`);
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almost, withV4), (text) => {
      expect([text, isWhole('IP', text), isWhole('IPV6', text)]).toEqual([text, isIP(text) > 0, isIPv6(text)]);
    }),
    {
      numRuns: 100,
      examples: [
        ['1:2:3:4:5:6:7:8'],
        ['1:2:3:4:5:6:7::'],
        ['::1.2.3.4'],
        ['1::2::3'],
        ['fe80::1%eth0'],
        ['1.2.3.256'],
        ['::'],
      ],
    },
  );
});

test.each([
  [
    '%{COMBINEDAPACHELOG}',
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://x/" "Mozilla/4.08"',
    {
      ...{ clientip: '127.0.0.1', ident: '-', auth: 'frank', timestamp: '10/Oct/2000:13:55:36 -0700', verb: 'GET' },
      ...{ request: '/a.gif', httpversion: '1.0', response: '200', bytes: '2326', referrer: '"http://x/"' },
      agent: '"Mozilla/4.08"',
    },
  ],
  [
    '%{SYSLOGBASE} %{GREEDYDATA:message}',
    'Oct 11 22:14:15 web1 su[1]: hello',
    { timestamp: 'Oct 11 22:14:15', logsource: 'web1', program: 'su', pid: '1', message: 'hello' },
  ],
  ['%{INT:a:int}/%{NUMBER:b:float}/%{NOTSPACE:c:int}', '+7/1e3/7x', { a: 7, b: 1000, c: '7x' }],
  ['%{INT:a:int} %{NUMBER:b:float}', '9007199254740993 1e999', { a: '9007199254740993', b: '1e999' }],
  ['(?:%{IP:host}|%{WORD:host}) %{WORD:x.y}', 'web1 up', { host: 'web1', x: { y: 'up' } }],
  ['^(?<raw>.)%{SPACE}$', '€ ', { raw: '€' }],
  ['%{WORD:a}', '!', null],
])('%s on %s', (pattern, line, expected) => {
  expect(found(pattern, line)).toEqual(expected);
});

test('definitions come first and may use each other', () => {
  expect(found('%{ID:id}', 'a7', { ID: '%{LETTER}\\d', LETTER: '[a-z]' })).toEqual({ id: 'a7' });
  expect(found('%{WORD:id}', 'a7', { WORD: '\\d' })).toEqual({ id: '7' });
});

test.each([
  ['%{NOPE:a}', {}, ['patterns', 0], 'there is no pattern NOPE: add it to definitions'],
  ['%{WORDS:a}', {}, ['patterns', 0], 'there is no pattern WORDS: add it to definitions; did you mean "WORD"?'],
  ['%{A:a}', { A: '%{B}', B: '%{A}' }, ['definitions', 'A'], 'A stands for itself: A → B → A'],
  [
    '%{WORD:a:date}',
    {},
    ['patterns', 0],
    'a becomes a number as int or float, not as date; other types come from the field file',
  ],
  ['%{WORD}', {}, ['patterns', 0], 'has no named group, so it says nothing: write (?<name>…), in grok %{NAME:name}'],
  ['%{WORD:a[0]}', {}, ['patterns', 0], 'names an array item, which cannot be made: a[0]'],
  ['%{WORD:a}(', {}, ['patterns', 0], 'with its names put in, column 14: the group is not closed: ) is missing'],
  [
    '%{X:a}',
    { X: 'x'.repeat(40_000) },
    ['definitions', 'X'],
    'becomes longer than 32768 characters when its names are put in',
  ],
])('%s is refused', (pattern, definitions, at, message) => {
  expect(() => grokFormat([pattern], definitions)).toThrow(new ConfigError(at, message));
});

test('names that double at each step are refused before they fill the memory', () => {
  const names = Array.from({ length: 40 }, (_, k) => [`N${k}`, `%{N${k + 1}}%{N${k + 1}}`] as const);
  const definitions = Object.fromEntries([...names, ['N40', 'x']]);
  expect(() => grokFormat(['%{N0:a}'], definitions)).toThrow('becomes longer than 32768 characters');
});
