import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Members, noMembers, type ParseLine } from '../line.ts';
import { combinedFormat } from './combined.ts';
import { csvFormat } from './csv.ts';
import { klogFormat } from './klog.ts';
import { pairsFormat } from './pairs.ts';
import { printCombined, printCsv, printKlog, printPairs, printSyslog3164, printSyslog5424 } from './print.fixture.ts';
import { syslogFormat } from './syslog.ts';

const found = (parse: ParseLine, line: string): Members => {
  const members = noMembers();
  expect(parse(line, members)).toBeNull();
  return { ...members };
};

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((one) => one.isWellFormed());
const printable = (without: RegExp, maxLength: number) =>
  fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength })
    .map((one) => one.replace(without, 'x').replace(/ /g, '_'));
const runs = { numRuns: 100 };

test('pairs say what was printed', () => {
  const key = text.filter((one) => one !== '');
  const marks = fc.constantFrom([' ', '='] as const, [';', ':'] as const, [', ', ' => '] as const, ['&', '='] as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, text), { minLength: 1, maxLength: 6 }), marks, (pairs, [between, equals]) => {
      const parse = pairsFormat({ between, equals, quotes: '"', bareWords: 'misfit', maxFields: 6 });
      expect(Object.entries(found(parse, printPairs(pairs, between, equals)))).toEqual(
        Object.entries(Object.assign(noMembers(), ...pairs.map(([name, value]) => ({ [name]: value })))),
      );
    }),
    runs,
  );
});

test('a record of CSV says what was printed, and what csv-parse reads', () => {
  const marks = fc.constantFrom([',', '"'] as const, [';', "'"] as const, ['\t', '"'] as const, ['||', '"'] as const);
  const value = fc.oneof(text, fc.constantFrom(null, '', '"', "''", ',', ';', '\n', 'a,"b"'));
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 6 }), marks, (values, [delimiter, quote]) => {
      const columns = values.map((_, k) => [`c${k}`]);
      const line = printCsv(values, delimiter, quote);
      const members = found(csvFormat({ columns, delimiter, quote }), line);
      expect(values.map((_, k) => members[`c${k}`] ?? null)).toEqual(values);
      const [record] = parseCsv(line, {
        delimiter,
        quote,
        escape: quote,
        relax_quotes: true,
        record_delimiter: '\u0000\u0000\u0000',
      });
      expect(record).toEqual(values.map((one) => one ?? ''));
    }),
    runs,
  );
});

const part = (most: number) => fc.option(printable(/[^!-~]|^-$/g, most));
const name = printable(/[^!-~]|[=\]"]/g, 32);
const syslogMessage = fc.record({
  facility: fc.nat(23),
  severity: fc.nat(7),
  timestamp: fc.option(
    fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
  ),
  hostname: part(255),
  appname: part(48),
  procid: part(128),
  msgid: part(32),
  data: fc.uniqueArray(
    fc.tuple(name, fc.uniqueArray(fc.tuple(name, text), { selector: ([key]) => key, maxLength: 3 })),
    { selector: ([id]) => id, maxLength: 3 },
  ),
  message: text.filter((one) => !one.startsWith('\ufeff')),
});

test('a message of RFC 5424 says what was printed', () => {
  fc.assert(
    fc.property(syslogMessage, (message) => {
      const members = found(syslogFormat(100), printSyslog5424(message));
      for (const key of ['timestamp', 'hostname', 'appname', 'procid', 'msgid'] as const)
        expect(members[key]).toBe(message[key] ?? undefined);
      expect(members['message'] ?? '').toBe(message.message);
      const data = Object.entries((members['structured_data'] ?? {}) as Record<string, Members>);
      expect(data.map(([id, values]) => [id, Object.entries(values)])).toEqual(inKeyOrder(message.data));
    }),
    runs,
  );
});

/** Keys that are whole numbers come first in an object. */
function inKeyOrder(data: readonly (readonly [string, readonly (readonly [string, string])[]])[]) {
  const ordered = <T>(entries: readonly (readonly [string, T])[]): [string, T][] => {
    const object = noMembers() as unknown as Record<string, T>;
    for (const [key, value] of entries) object[key] = value;
    return Object.entries(object);
  };
  return ordered(data).map(([id, values]) => [id, ordered(values)]);
}

const facilities = ['kern', 'user', 'mail', 'daemon'];
const when = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

test('a message of RFC 3164 says what was printed', () => {
  const tag = { hostname: label, appname: label, procid: fc.option(fc.nat(99_999).map(String)) };
  fc.assert(
    fc.property(syslogMessage, fc.record(tag), fc.nat(3), when, (message, parts, facility, at) => {
      const line = printSyslog3164({ ...message, ...parts, facility, at });
      const members = found(syslogFormat(1), line);
      const { facility: named, hostname, appname, procid = null, message: said } = members;
      expect({ named, hostname, appname, procid, said }).toEqual({
        ...{ named: facilities[facility], ...parts },
        said: message.message,
      });
    }),
    runs,
  );
});

test('a line of klog says what was printed', () => {
  const line = fc.record({
    ...{
      severity: fc.constantFrom('INFO', 'WARNING', 'ERROR', 'FATAL'),
      at: when,
      pid: fc.nat(),
      line: fc.nat(99_999),
    },
    ...{ file: label.map((one) => `${one}.go`), message: text },
  });
  fc.assert(
    fc.property(line, ({ at, ...said }) => {
      const { timestamp, ...members } = found(klogFormat, printKlog({ at, ...said }));
      expect(members).toEqual(said);
      expect(timestamp).toMatch(/^\d{4} \d\d:\d\d:\d\d\.\d{6}$/);
    }),
    runs,
  );
});

test('an access line says what was printed', () => {
  const quoted = fc.option(text.filter((one) => one !== '' && one !== '-'));
  const access = fc.record({
    ...{ client: fc.oneof(fc.ipV4(), fc.ipV6(), label), user: fc.option(label), at: when },
    ...{
      method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
      protocol: fc.constantFrom('HTTP/1.1', 'HTTP/2.0', 'HTTP/3'),
    },
    ...{ path: text.map((one) => `/${one.replace(/\s/gu, '+')}`), status: fc.integer({ min: 100, max: 999 }) },
    ...{ bytes: fc.option(fc.nat()), referer: quoted, agent: quoted },
  });
  fc.assert(
    fc.property(access, fc.constantFrom('apache', 'nginx'), (it, server) => {
      const { timestamp, ...members } = found(combinedFormat, printCombined(it, server));
      const { at, ...said } = it;
      expect(members).toEqual(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)));
      expect(timestamp).toMatch(new RegExp(`${at.getUTCFullYear()}:.* \\+0000$`));
    }),
    runs,
  );
});
