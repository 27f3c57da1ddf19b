/**
 * CPU of what joins lines, matches patterns and cuts documents, beside what could stand in its place, in one run.
 * `node --conditions=source bench/lines.ts`
 */
import { Readable } from 'node:stream';
import { createFramer, kernel } from '@tailrace/kernel';
import { documentFramer, joiningFramer, type MultilineConfig, prepareMultiline } from '@tailrace/std';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { re2Engine } from '../packages/std/src/regex/engines.ts';
import { parsePattern } from '../packages/std/src/regex/parse-pattern.ts';
import { printForRe2 } from '../packages/std/src/regex/print-pattern.ts';
import { compileRegex } from '../packages/std/src/regex/regex.ts';
import { cpuPerItem } from './rows/cpu.ts';

const readTime = { seconds: 1_704_067_200, nanos: 0 };

function print(what: string, cost: number, note = ''): void {
  console.log(`  ${what.padEnd(50)} ${cost.toFixed(2).padStart(8)}  ${note}`.trimEnd());
}

/** CRI lines of one length, none of them part of a trace. */
const LINES = 2000;
const LINE_BYTES = 250;
const WORDS = ['cart', 'payment', 'stock', 'search', 'session'];
const criLines = Array.from({ length: LINES }, (_, i) => {
  const word = WORDS[i % WORDS.length]!;
  const text = `2024-01-01 12:00:00,123 INFO [http-${i % 16}] shop.${word}.Service - request ${i} for /${word}/${i * 7} was answered with 200; `;
  return `2024-01-01T12:00:00.123456789Z stdout F ${text}`.padEnd(LINE_BYTES, 'details of it: took 12 ms, ');
});

function joining(presets: MultilineConfig['presets']): void {
  const chunk = Buffer.from(criLines.map((line) => `${line}\n`).join(''));
  const framer = createFramer(kernel(), { format: 'cri', maxEventBytes: 1 << 20 });
  const config = { presets, start: undefined, continue: undefined, end: undefined };
  const multiline = prepareMultiline({ ...config, timeout: 2000, max_lines: 1000, max_bytes: 1 << 18 }, []);
  const reader = multiline ? joiningFramer(framer, 'cri', multiline) : framer;
  let base = 0;
  const cost = cpuPerItem(LINES, () => {
    const { length, consumed } = reader.frame(chunk, base, readTime);
    if (length !== LINES) throw new Error(`${length} events`);
    base += consumed;
  });
  print(presets ? `framed and joined: ${presets.join(', ')}` : 'framed alone', cost);
}

const ACCESS =
  '203.0.113.7 - ada [10/Oct/2000:13:55:36 -0700] "GET /shop/cart?item=4711&colour=blue HTTP/1.1" 200 2326';
const SEVEN_GROUPS = '(\\S+) (\\S+) (\\S+) \\[([^\\]]+)\\] "([^"]*)" (\\d{3}) (\\d+)';

function matching(what: string, pattern: string, text: string): void {
  const quick = compileRegex(pattern);
  const slow = re2Engine(printForRe2(parsePattern(pattern, '')));
  if (quick.engine !== 'v8') throw new Error('this V8 does not keep patterns linear');
  const [v8, re2js] = [quick, slow].map(({ exec }) =>
    cpuPerItem(1000, () => {
      for (let i = 0; i < 1000; i++) if (exec(text)?.length !== 8) throw new Error('no match');
    }),
  ) as [number, number];
  print(`${what}: V8`, v8);
  print('RE2JS', re2js, `${(re2js / v8).toFixed(0)} times as much`);
}

/** CPU ms of one look. */
function look(search: () => boolean): number {
  const before = process.cpuUsage();
  if (search()) throw new Error('a match');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A search that begins at each `x` anew. No pattern may have been compiled yet: V8 keeps patterns with the limits of that time. */
function searching(): void {
  const texts = [12_500, 25_000, 50_000].map((length) => 'x'.repeat(length));
  const asItComes = texts.map((text) => look(() => /x*y/.test(text)));
  const pattern = compileRegex('x*y');
  const withLimit = texts.map((text) => look(() => /x*z/.test(text)));
  const ofUsers = texts.map((text) => look(() => pattern.test(text)));
  for (const [i, { length }] of texts.entries()) {
    print(`${length} times x: V8 as it comes`, asItComes[i]!);
    print('V8 with the way out', withLimit[i]!);
    print('a pattern of a user', ofUsers[i]!);
  }
}

const DOCUMENTS = 60_000;
const document = (i: number): object => ({
  time: `2024-01-01T12:00:00.${String(i % 1000).padStart(3, '0')}Z`,
  level: 'info',
  message: `a request for the cart of user ${i} was answered, with what was in it "as it is"`,
  request: { method: 'GET', path: `/shop/cart/${i}`, headers: ['accept: */*', 'user-agent: a browser of some kind'] },
  response: { status: 200, bytes: 2326 + i, took: 0.0123 },
  labels: { app: 'shop', team: 'checkout', region: 'eu-central-1', canary: false },
});
const CHUNK = 1 << 16;

async function cutting(): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(Array.from({ length: DOCUMENTS }, (_, i) => document(i))));
  const each = Math.round(bytes.length / DOCUMENTS);
  console.log(`\nDocuments of ${each} bytes in an array of ${Math.round(bytes.length / 1e6)} MB: CPU µs per document`);
  const cut = cpuPerItem(DOCUMENTS, () => frameDocuments(bytes));
  print('cut by their borders, and framed', cut);
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, i) =>
    bytes.subarray(i * CHUNK, (i + 1) * CHUNK),
  );
  await streamDocuments(chunks);
  const before = process.cpuUsage();
  await streamDocuments(chunks);
  const { user, system } = process.cpuUsage(before);
  const streamed = (user + system) / DOCUMENTS;
  print('stream-json', streamed, `${(streamed / cut).toFixed(1)} times as much`);
}

async function streamDocuments(chunks: readonly Uint8Array[]): Promise<void> {
  let documents = 0;
  for await (const _ of Readable.from(chunks).pipe(streamArray.withParserAsStream())) documents++;
  if (documents !== DOCUMENTS) throw new Error(`${documents} documents`);
}

/** As a source reads them: what was not used up is given again. */
function frameDocuments(bytes: Uint8Array): void {
  const framer = documentFramer({ maxEventBytes: 1 << 20, members: new Uint8Array(0) });
  let events = 0;
  for (let at = 0, reached = 0; reached < bytes.length; ) {
    reached = Math.min(bytes.length, reached + CHUNK);
    for (let more = true; more; ) {
      const framed = framer.frame(bytes.subarray(at, reached), at, readTime, reached === bytes.length);
      at += framed.consumed;
      events += framed.length;
      more = framed.more;
    }
  }
  if (events !== DOCUMENTS) throw new Error(`${events} documents`);
}

console.log('x*y, and no y: CPU ms per search');
searching();
console.log(`\nSeven groups on an access line of ${ACCESS.length} bytes: CPU µs per match`);
matching('from its beginning', `^${SEVEN_GROUPS}$`, ACCESS);
matching('anywhere', SEVEN_GROUPS, ACCESS);
matching('from its beginning, with 😀', `^${SEVEN_GROUPS}$`, ACCESS.replace('shop', '😀'));
matching('behind 30 words', SEVEN_GROUPS, `${'word '.repeat(30)}${ACCESS}`);
console.log(`\nCRI lines of ${LINE_BYTES} bytes: CPU µs per line`);
joining(undefined);
joining(['java']);
joining(['java', 'python', 'go', 'node', 'ruby']);
await cutting();
