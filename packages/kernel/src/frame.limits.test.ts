import { describe, expect, test } from 'vitest';
import { guardedKernel, textsOf } from './arbitrary.ts';
import type { Format } from './format.ts';
import { createFramer, FLAG, type Framed } from './frame.ts';
import { frameTwin } from './frame.twin.ts';
import { MAX_DEPTH, MAX_EVENT_BYTES } from './memory.ts';
import { ERR } from './types.ts';
import { validate } from './validate.ts';

const { k, checkGuards } = guardedKernel();
const readTime = { seconds: 1_767_225_600, nanos: 7 };
const READ = '2026-01-01T00:00:00.000000007Z';
const MEMBERS = Buffer.from('"kubernetes":{"pod_name":"p"}');

const framer = (format: Format, maxEventBytes = 1 << 20, members: Uint8Array = MEMBERS) =>
  createFramer(k, { format, maxEventBytes, members });

describe('a cap', () => {
  const logs = (framed: Framed): string[] => textsOf(framed).map((text) => /"log":"(.*)"\}$/.exec(text)![1]!);

  test.each([
    ['docker', '{"log":"ab\\ud83d\\ude00c\\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}', 13, 'ab'],
    [
      'docker',
      '{"log":"ab\\ud83d\\ude00c\\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}',
      14,
      'ab\\ud83d\\ude00',
    ],
    ['docker', '{"log":"a€b\\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}', 3, 'a'],
    ['cri', '2024-01-01T00:00:00Z stdout F a"bcd', 2, 'a'],
    ['text', 'a€bcdef', 4, 'a€'],
  ] as const)('cuts %s between characters: %s at %i', (format, line, cap, log) => {
    const framed = framer(format, cap).frame(Buffer.from(`${line}\n`), 0, readTime);
    expect(logs(framed)).toEqual([log]);
    expect(framed.flags[0]! & FLAG.truncated).toBe(FLAG.truncated);
    expect(framed.truncated).toBe(1);
  });

  test('swallows the parts beyond it up to the end, and they count as merged', () => {
    const lines = ['P aaaa', 'P bbbb', 'P cccc', 'F d', 'F e'].map((rest) => `2024-01-01T00:00:00Z stdout ${rest}\n`);
    const framed = framer('cri', 6).frame(Buffer.from(lines.join('')), 0, readTime);
    expect(logs(framed)).toEqual(['aaaabb', 'e']);
    expect([framed.mergedLines, framed.truncated]).toEqual([3, 1]);
  });

  test.each(['docker', 'cri', 'ndjson', 'text'] as const)(
    'holds for one %s line that is longer than any chunk',
    (format) => {
      const options = { format, maxEventBytes: 100, members: MEMBERS };
      const long = format === 'cri' ? `2024-01-01T00:00:00Z stdout P ${'é'.repeat(50_000)}` : 'é'.repeat(50_000);
      const file = Buffer.from(`first\n${long}\nlast\n2024-01-01T00:00:00Z stdout F x\n`);
      const whole = createFramer(k, options).frame(file, 9, readTime, true);
      const expected = frameTwin(file, 9, readTime, options, true).events;
      expect(textsOf(whole)).toEqual(expected.map(({ text }) => text));
      for (const size of [70_000, 99_000]) {
        const f = createFramer(k, options);
        const events: unknown[] = [];
        let at = 0;
        for (let end = size; at < file.length; end += size) {
          const framed = f.frame(file.subarray(at, end), 9 + at, readTime, end >= file.length);
          if (f.pendingBytes > 1000) expect([framed.consumed > 0, framed.pendingFrom]).toEqual([true, 15]);
          at += framed.consumed;
          for (const [i, text] of textsOf(framed).entries()) {
            events.push({
              text,
              offset: framed.offset[i],
              endOffset: framed.endOffset[i],
              seconds: framed.seconds[i],
              nanos: framed.nanos[i],
              flags: framed.flags[i],
            });
          }
        }
        expect(events).toEqual(expected);
      }
    },
  );
});

test('a docker line may have members of any size, but not while it waits', () => {
  const line = (log: string): string =>
    `{"log":"${log}","stream":"stdout","time":"2024-01-01T00:00:00Z","attrs":"${'a'.repeat(70_000)}"}\n`;
  const framed = framer('docker').frame(Buffer.from(line('x') + line('y\\n')), 0, readTime);
  expect([...framed.flags]).toEqual([FLAG.misfit, FLAG.ownTime]);
  expect(JSON.parse(textsOf(framed)[1]!)).toMatchObject({ log: 'y', attrs: 'a'.repeat(70_000) });
});

test('a docker line in its usual order is held to the limit of a line, too', () => {
  const line = `{"log":"${'a'.repeat(70_000)}\\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}\n`;
  const framed = framer('docker', 10).frame(Buffer.from(line), 0, readTime);
  expect([framed.length, framed.flags[0]]).toEqual([1, FLAG.misfit | FLAG.truncated | FLAG.oversize]);
});

test('a line nested deeper than an event may be is no object', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}\n`;
  const framed = framer('ndjson').frame(Buffer.from(nested(MAX_DEPTH) + nested(MAX_DEPTH + 1)), 0, readTime);
  expect([...framed.flags]).toEqual([0, FLAG.misfit]);
  expect([...validate(k, framed)]).toEqual([ERR.ok, ERR.ok]);
});

describe('full regions: the rest is left for the next call', () => {
  const all = (format: Format, file: Uint8Array, members: Uint8Array) => {
    const f = framer(format, 1 << 20, members);
    const calls: Framed[] = [];
    let at = 0;
    for (let more = true; more; ) {
      const framed = f.frame(file.subarray(at), at, readTime, true);
      expect(framed.consumed).toBeGreaterThan(0);
      calls.push(framed);
      at += framed.consumed;
      more = framed.more;
    }
    checkGuards();
    expect(at).toBe(file.length);
    return calls;
  };

  test('output: short lines and long members', () => {
    const members = Buffer.from(`"m":"${'m'.repeat(50_000)}"`);
    const calls = all('text', Buffer.from('x\n'.repeat(1000)), members);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.reduce((sum, { length }) => sum + length, 0)).toBe(1000);
    expect(textsOf(calls.at(-1)!).at(-1)).toBe(`{"@timestamp":"${READ}",${members},"log":"x"}`);
  });

  test('rows: more lines than rows', () => {
    const calls = all('text', Buffer.from('x\n'.repeat(300_000)), Buffer.alloc(0));
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.reduce((sum, { length }) => sum + length, 0)).toBe(300_000);
  });

  test('input: a chunk larger than the region, and in it a line larger than the region', () => {
    const file = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(17 << 20, 'x'), Buffer.from('\nb\n')]);
    const calls = all('text', file, MEMBERS);
    const events = calls.flatMap((call) =>
      Array.from({ length: call.length }, (_, i) => [call.offset[i], call.endOffset[i]]),
    );
    expect(events).toEqual([
      [0, 2],
      [2, file.length - 2],
      [file.length - 2, file.length],
    ]);
    expect(calls.reduce((sum, { truncated }) => sum + truncated, 0)).toBe(1);
  });

  test('the largest cap with slots full and every byte escaped', () => {
    const f = framer('cri', MAX_EVENT_BYTES);
    const line = (stream: string, tag: string): Buffer =>
      Buffer.concat([
        Buffer.from(`2024-01-01T00:00:00Z ${stream} ${tag} `),
        Buffer.alloc(3 << 20, 1),
        Buffer.from('\n'),
      ]);
    const file = Buffer.concat([line('stdout', 'P'), line('stderr', 'P'), line('stdout', 'P'), line('stderr', 'P')]);
    const framed = f.frame(file, 0, readTime, true);
    expect([framed.length, framed.truncated, framed.consumed]).toEqual([2, 2, file.length]);
    expect(framed.end[0]! - framed.start[0]!).toBeGreaterThan(MAX_EVENT_BYTES - 6);
    checkGuards();
  });
});
