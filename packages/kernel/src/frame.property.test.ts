import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guardedKernel } from './arbitrary.ts';
import type { Format } from './format.ts';
import { createFramer, type FramerOptions } from './frame.ts';
import { frameTwin, type TwinEvent } from './frame.twin.ts';
import { ERR } from './types.ts';
import { validate } from './validate.ts';

const { k, checkGuards } = guardedKernel();
const readTime = { seconds: 1_700_000_000, nanos: 42 };
const base = 5_000_000_000; // beyond 32 bits
const YIELDING = Buffer.from('"x":{"file":"f"}');
const MEMBERS = Buffer.from('"kubernetes":{"pod_name":"p"},"dock\\u0065r":{"container_id":"c"}');

/** Frames a file cut into chunks; what a call leaves is put before the next chunk. */
function frameInChunks(options: FramerOptions, file: Uint8Array, cuts: readonly number[], final: boolean) {
  const framer = createFramer(k, options);
  const events: TwinEvent[] = [];
  let at = 0;
  let lines = 0;
  let emptyLines = 0;
  const ends = [...cuts.map((cut) => cut % (file.length + 1)), file.length].sort((a, b) => a - b);
  for (const [n, end] of ends.entries()) {
    for (let more = true; more; ) {
      const before = framer.pendingLines;
      const framed = framer.frame(file.subarray(at, end), base + at, readTime, final && n === ends.length - 1);
      at += framed.consumed;
      more = framed.more;
      lines += framed.lines;
      emptyLines += framed.emptyLines;
      expect([...validate(k, framed)]).toEqual(Array(framed.length).fill(ERR.ok));
      expect(framed.lines).toBe(framed.length + framed.mergedLines + framer.pendingLines - before);
      for (let i = 0; i < framed.length; i++) {
        events.push({
          text: Buffer.from(framed.text.subarray(framed.start[i], framed.end[i])).toString(),
          offset: framed.offset[i]!,
          endOffset: framed.endOffset[i]!,
          seconds: framed.seconds[i]!,
          nanos: framed.nanos[i]!,
          flags: framed.flags[i]!,
        });
      }
    }
  }
  return { events, lines, emptyLines };
}

const time = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '2024-01-01T00:00:00.123456789Z',
      '2024-02-29T23:59:59.5+08:00',
      '1969-12-31T23:59:59.000000001Z',
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        year: fc.integer({ min: 0, max: 9999 }),
        month: fc.integer({ min: 0, max: 13 }),
        day: fc.integer({ min: 0, max: 32 }),
        hour: fc.integer({ min: 0, max: 24 }),
        fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{0,10}$/)),
        zone: fc.constantFrom('Z', 'z', '+00:00', '-23:59', '+24:00', '', '+0100', '-01:60', '+02', '-2', '+24', 'Zx'),
        t: fc.constantFrom('T', 't', ' '),
        // Where the parts from the right on begin to be left out.
        length: fc.oneof(fc.constant(19), fc.constantFrom(4, 7, 10, 13, 16), fc.nat(18)),
      })
      .map(({ year, month, day, hour, fraction, zone, t, length }) => {
        const two = (n: number): string => String(n).padStart(2, '0');
        const whole = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}${t}${two(hour)}:05:59`;
        return whole.slice(0, length) + (length < 19 ? '' : fraction) + (length < 11 ? '' : zone);
      }),
  },
);

const message = fc
  .tuple(
    fc.oneof(
      fc.string({
        unit: fc.constantFrom('"', '\\', 'a', 'b', ' ', '{', '}', '\t', '\u0001', 'é', '日', '😀', '\ufffd'),
        maxLength: 80,
      }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.json({ maxDepth: 2 }),
      // Runs of backslashes over the edges of 64-byte blocks.
      fc.string({ unit: fc.constantFrom('\\', '\\', '"', 'n', 'u', '\u0002'), minLength: 50, maxLength: 200 }),
      fc.integer({ min: 50, max: 140 }).map((n) => 'x'.repeat(n)),
    ),
    fc.constantFrom('', '', '\\', '\\\\', '\r'),
  )
  .map(([text, end]) => (text + end).replaceAll('\n', ''));

const stream = fc.constantFrom('stdout', 'stderr');

// Escapes more than it has to, as another writer of JSON might.
const wordy = (text: string): string =>
  JSON.stringify(text).replace(/[^\\"]|\\./gsu, (c) =>
    c.length === 1 && /[a-zé日]/u.test(c) && text.length % 3 === 0
      ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
      : c,
  );

// What stands between the quotes of a string, right or wrong.
const rawText = fc.string({
  unit: fc.constantFrom('\\', '\\', '"', 'n', 'u', '0', 'd', '8', 'x', '\u0007', 'aaaaaaaa'),
  maxLength: 60,
});

const dockerLine = fc
  .record({
    message,
    raw: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: rawText }),
    end: fc.constantFrom('\n', '\n', '\r\n', '', '\\n'),
    stream: fc.oneof({ weight: 9, arbitrary: stream }, { weight: 1, arbitrary: fc.constantFrom(undefined, 'stdin') }),
    time,
    extra: fc.constantFrom(
      '',
      '',
      '',
      '"attrs":{"a":[1,"x"]}',
      '"docker":1',
      '"x" : "é" ',
      '"@timestamp":0',
      '"log":"twice\\n"',
      '"l\\u006fg":"k\\n"',
      '"x":{}',
    ),
    first: fc.boolean(),
    space: fc.constantFrom('', '', '', ' ', '\t'),
  })
  .map(({ message, raw, end, stream, time, extra, first, space }) => {
    const text = space === '' ? JSON.stringify(message + end) : wordy(message + end);
    const members = [
      `"log":${space}${raw === null ? text : `"${raw}\\n"`}`,
      ...(stream === undefined ? [] : [`"stream":"${stream}"`]),
      `"time":"${time}"`,
    ];
    if (extra !== '') members.splice(first ? 0 : 2, 0, extra);
    return `{${members.join(`,${space}`)}}`;
  });

const criLine = fc
  .tuple(
    time,
    fc.oneof({ weight: 9, arbitrary: stream }, fc.constant('stdin')),
    fc.constantFrom('F', 'F', 'P', 'F:x', 'P:y:z', 'X', ''),
    message,
  )
  .map(([time, stream, tag, message]) => `${time} ${stream} ${tag} ${message}`);

const ndjsonLine = fc.oneof(
  fc
    .tuple(
      fc.dictionary(
        fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('docker', 'kubernetes', 'x', '@timestamp', '__proto__')),
        fc.jsonValue({ maxDepth: 2 }),
        { maxKeys: 4 },
      ),
      fc.option(time),
      fc.constantFrom('', ' '),
    )
    .map(([object, time, space]) => {
      const members = Object.entries(object).map(
        ([key, value]) => `${JSON.stringify(key)}${space}:${JSON.stringify(value)}`,
      );
      if (time !== null) members.push(`"@timestamp":${space}"${time}"`);
      return `${space}{${members.join(`${space},${space}`)}}`;
    }),
  fc.json({ maxDepth: 2 }),
);

const lineOf = { docker: dockerLine, cri: criLine, ndjson: ndjsonLine, text: message };

const damage = fc.oneof(
  { weight: 6, arbitrary: fc.constant((bytes: Buffer) => bytes) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => (bytes: Buffer) => {
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    }),
  },
  { weight: 1, arbitrary: fc.nat().map((at) => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.nat(),
        fc.constantFrom(
          [0xff],
          [0xc3],
          [0xe2, 0x82],
          [0xed, 0xa0, 0x80],
          [0xf0, 0x9f, 0x98],
          [0xf4, 0x90, 0x80, 0x80],
          [0xc0, 0x80],
          [0x00],
        ),
      )
      .map(([at, insert]) => (bytes: Buffer) => {
        const cut = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, cut), Buffer.from(insert), bytes.subarray(cut)]);
      }),
  },
);

const fileOf = (format: Format) =>
  fc
    .tuple(
      fc.array(
        fc.tuple(
          fc.oneof({ weight: 12, arbitrary: lineOf[format] }, fc.constantFrom('', '\r', '{}', 'x')),
          damage,
          fc.constantFrom('\n', '\n', '\n', '\r\n'),
        ),
        { maxLength: 12 },
      ),
      fc.boolean(),
    )
    .map(([lines, ended]) => {
      const file = Buffer.concat(
        lines.map(([line, harm, newline]) => Buffer.concat([harm(Buffer.from(line)), Buffer.from(newline)])),
      );
      return ended ? file : file.subarray(0, -1);
    });

for (const format of ['docker', 'cri', 'ndjson', 'text'] as const) {
  test(`${format}: a file in chunks cut anywhere gives what plain JSON.parse code makes of the whole`, () => {
    const property = fc.property(
      fileOf(format),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.constantFrom(1, 20, 60, 1 << 20),
      fc.boolean(),
      fc.constantFrom(MEMBERS, new Uint8Array(0)),
      fc.constantFrom(YIELDING, new Uint8Array(0)),
      (file, cuts, maxEventBytes, final, members, yielding) => {
        const options: FramerOptions = { format, maxEventBytes, members, yielding };
        const got = frameInChunks(options, file, cuts, final);
        expect(got).toEqual(frameTwin(file, base, readTime, options, final));
        checkGuards();
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
}
