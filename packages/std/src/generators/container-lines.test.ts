import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClock } from './clock.ts';
import {
  type ContainerFormat,
  containerLineCount,
  createContainerWriter,
  type ProgramLine,
} from './container-lines.ts';

const START = '2026-11-02T06:00:00Z';

function write(format: ContainerFormat, cutBytes: number, lines: readonly ProgramLine[]): string {
  const writer = createContainerWriter(format, createClock(START), cutBytes);
  for (const line of lines) writer.write(line);
  writer.end();
  return writer.take().toString();
}
const out = (text: string, at = 0.25): ProgramLine => ({ text, stream: 'stdout', at });
const err = (text: string, at = 0.5): ProgramLine => ({ text, stream: 'stderr', at });

describe('docker', () => {
  test('escapes like Go: < > & U+2028 U+2029 and control characters as \\u00xx, others plain', () => {
    const text = 'a<b>&"\\ \t\b\f\r\u0001\u2028\u2029é🚀\u007f';
    const log = 'a\\u003cb\\u003e\\u0026\\"\\\\ \\u0009\\u0008\\u000c\\r\\u0001\\u2028\\u2029é🚀\u007f\\n';
    expect(write('docker', 16384, [out(text)])).toBe(
      `{"log":"${log}","stream":"stdout","time":"2026-11-02T06:00:00.25Z"}\n`,
    );
  });

  test('cuts a line that fills the buffer; only the last part ends in a newline', () => {
    expect(write('docker', 4, [out('abcdefgh')])).toBe(
      ['abcd', 'efgh', '\\n']
        .map((log) => `{"log":"${log}","stream":"stdout","time":"2026-11-02T06:00:00.25Z"}\n`)
        .join(''),
    );
  });

  test('a letter cut in two becomes a replacement character per byte', () => {
    const logs = write('docker', 4, [out('abc語def')]).match(/"log":"[^"]*"/g);
    expect(logs).toEqual(['"log":"abc\\ufffd"', '"log":"\\ufffd\\ufffdde"', '"log":"f\\n"']);
  });
});

describe('cri', () => {
  test('time without trailing zeros, stream, tag, text as it is', () => {
    expect(write('cri', 16384, [out('a<b>\t"é', 1)])).toBe('2026-11-02T06:00:01Z stdout F a<b>\t"é\n');
  });

  test('cuts only a line that is longer, in bytes, and a letter may go on in the next part', () => {
    expect(write('cri', 4, [out('abcd')])).toBe('2026-11-02T06:00:00.25Z stdout F abcd\n');
    const writer = createContainerWriter('cri', createClock(START), 4);
    writer.write(out('abcéd'));
    writer.end();
    const [first, second] = writer.take().toString('latin1').split('\n');
    expect(first).toBe('2026-11-02T06:00:00.25Z stdout P abc\u00c3');
    expect(second).toMatch(/^2026-11-02T06:00:00\.25\d+Z stdout F \u00a9d$/);
  });
});

test('lines of the other stream come between the parts of a cut line', () => {
  const lines = [out('abcdef'), err('x'), err('y'), out('z')];
  const found = write('cri', 4, lines).replaceAll(/^\S+ /gm, '');
  expect(found).toBe('stdout P abcd\nstderr F x\nstderr F y\nstdout F ef\nstdout F z\n');
});

test('plain lines are never cut', () => {
  expect(write('plain', 4, [out('abcdefgh'), err('i')])).toBe('abcdefgh\ni\n');
});

test('property: parts join to the text again and are as many as announced', () => {
  const text = fc
    .string({ unit: 'binary', maxLength: 60 })
    .filter((value) => value.isWellFormed() && !value.includes('\n'));
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 30 }), (value, cutBytes) => {
      const bytes = Buffer.byteLength(value);
      const cri = createContainerWriter('cri', createClock(START), cutBytes);
      cri.write(out(value));
      cri.end();
      const parts = cri.take().toString('latin1').split('\n').slice(0, -1);
      expect(parts).toHaveLength(containerLineCount('cri', bytes, cutBytes));
      const joined = parts.map((part) => part.replace(/^\S+ \S+ [PF] /, '')).join('');
      expect(Buffer.from(joined, 'latin1').toString()).toBe(value);

      const whole = JSON.parse(write('docker', 4096, [out(value)]));
      expect(whole.log).toBe(`${value}\n`);
      const docker = write('docker', cutBytes, [out(value)])
        .split('\n')
        .slice(0, -1);
      expect(docker).toHaveLength(containerLineCount('docker', bytes, cutBytes));
      if (bytes === value.length) {
        expect(docker.map((part) => JSON.parse(part).log).join('')).toBe(`${value}\n`);
      }
    }),
    { numRuns: 200 },
  );
});
