import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mirrordLines, mirrordPresets } from '@tailrace/std';
import { countingServer } from '@tailrace/testkit';

/**
 * The product's ruler: pipelines/mirrord/elasticsearch.yaml with its defaults over generated container logs into a counting HTTP server in
 * another process. CPU is that of the whole pipeline process, start-up included; the reference is a plain loop over the same lines in the
 * same run without I/O, so the ratio holds on any machine.
 */
interface Row {
  name: string;
  events: number;
  cpu_us_per_event: number;
  events_per_s: number;
  rss_mb: number;
  reference_us: number;
  ratio: number;
}

type Format = 'docker' | 'cri';

/** At most this much CPU against the reference. */
const BOUNDS: Record<Format, number> = { docker: 0.7, cri: 0.6 };
const RSS_BOUND_MB = 200;
const root = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const lines = Number(values.lines);
if (!Number.isInteger(lines) || lines < 1) {
  console.error(`--lines ${values.lines}: must be a whole number from 1`);
  process.exit(64);
}
await build();
const rows: Row[] = [];
for (const format of ['docker', 'cri'] as const) rows.push(await measure(format));
console.log(values.json ? JSON.stringify({ rows }) : table(rows));
if (values.check) process.exitCode = overTwice(rows) ? 1 : 0;

/** Users run the built command, so that is what is measured. */
async function build(): Promise<void> {
  const child = spawn('turbo', ['run', 'build', '--output-logs=errors-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DO_NOT_TRACK: '1' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the build failed with ${code}`);
}

async function measure(format: Format): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-bench-'));
  try {
    const log = join(
      folder,
      `mirrord-operator-5d8f6c7b9-x2x7q_mirrord_mirrord-operator-${'0123456789abcdef'.repeat(4)}.log`,
    );
    await generate(log, format);
    const reference = await measureReference(log, format);
    const server = await countingServer();
    try {
      const usage = await runPipeline(folder, server.url);
      const counts = await server.counts();
      if (counts.events !== lines) throw new Error(`${format}: the server got ${counts.events} events of ${lines}`);
      const cpu = usage.cpuMicroseconds / counts.events;
      return {
        name: format,
        events: counts.events,
        cpu_us_per_event: round(cpu, 3),
        events_per_s: Math.round(counts.events / (usage.milliseconds / 1000)),
        rss_mb: Math.round(usage.maxRssKiB / 1024),
        reference_us: round(reference, 3),
        ratio: round(cpu / reference, 3),
      };
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function generate(file: string, format: Format): Promise<void> {
  const out = createWriteStream(file);
  for (const chunk of mirrordLines({ ...mirrordPresets.benchmark, lines, format })) {
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

interface Usage {
  cpuMicroseconds: number;
  maxRssKiB: number;
  milliseconds: number;
}

async function runPipeline(folder: string, url: string): Promise<Usage> {
  const report = join(folder, 'usage.json');
  const probe = join(folder, 'usage.mjs');
  await mkdir(join(folder, 'data'));
  await writeFile(
    probe,
    `import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(${JSON.stringify(report)}, JSON.stringify({
    cpuMicroseconds: user + system, maxRssKiB: process.resourceUsage().maxRSS, milliseconds: performance.now() }));
});`,
  );
  const pipeline = join(root, 'pipelines/mirrord/elasticsearch.yaml');
  const child = spawn(
    process.execPath,
    ['--import', probe, join(root, 'packages/cli/dist/main.js'), 'run', '--once', pipeline],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        LOG_DIR: folder,
        DATA_DIR: join(folder, 'data'),
        ELASTICSEARCH_URL: url,
        METRICS_ADDRESS: '127.0.0.1:0',
        NODE_NAME: 'bench',
      },
    },
  );
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-10_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the pipeline ended with ${code}:\n${said}`);
  return JSON.parse(await readFile(report, 'utf8')) as Usage;
}

/** CPU µs per event of the plain loop; reading and cutting the file into strings is not counted. */
async function measureReference(file: string, format: Format): Promise<number> {
  const handle = await open(file);
  const buffer = Buffer.allocUnsafe(16 << 20);
  let have = 0;
  let spent = 0;
  let written = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, have, buffer.length - have);
    const end = bytesRead === 0 ? have : buffer.lastIndexOf(10, have + bytesRead - 1) + 1;
    const texts = buffer.toString('utf8', 0, end).split('\n');
    if (texts.at(-1) === '') texts.pop();
    const before = process.cpuUsage();
    written += format === 'docker' ? dockerLoop(texts) : criLoop(texts);
    const { user, system } = process.cpuUsage(before);
    spent += user + system;
    if (bytesRead === 0) break;
    buffer.copyWithin(0, end, have + bytesRead);
    have += bytesRead - end;
  }
  await handle.close();
  if (written === 0) throw new Error('the reference wrote nothing');
  return spent / lines;
}

function dockerLoop(texts: readonly string[]): number {
  let written = 0;
  for (const text of texts) {
    const { log, ...outer } = JSON.parse(text) as { log: string };
    written += JSON.stringify(merge(outer, log)).length;
  }
  return written;
}

function criLoop(texts: readonly string[]): number {
  let written = 0;
  for (const text of texts) {
    const time = text.indexOf(' ');
    const stream = text.indexOf(' ', time + 1);
    const tag = text.indexOf(' ', stream + 1);
    const outer = { '@timestamp': text.slice(0, time), stream: text.slice(time + 1, stream) };
    written += JSON.stringify(merge(outer, text.slice(tag + 1))).length;
  }
  return written;
}

function merge(outer: object, log: string): object {
  try {
    return { ...outer, ...(JSON.parse(log) as object) };
  } catch {
    return { ...outer, log };
  }
}

function table(rows: readonly Row[]): string {
  const head = ['', 'events', 'CPU µs/event', 'events/s', 'RSS MB', 'reference µs', 'ratio', 'bound'];
  const cells = rows.map((row) => [
    row.name,
    row.events.toLocaleString('en-US'),
    row.cpu_us_per_event.toFixed(2),
    row.events_per_s.toLocaleString('en-US'),
    `${row.rss_mb}`,
    row.reference_us.toFixed(2),
    row.ratio.toFixed(2),
    `${BOUNDS[row.name as Format]}`,
  ]);
  const all = [head, ...cells];
  const widths = head.map((_, k) => Math.max(...all.map((row) => row[k]!.length)));
  return all
    .map((row) => row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join('  '))
    .join('\n');
}

/** Machines are noisy: only a result at twice its bound is a failure. */
function overTwice(rows: readonly Row[]): boolean {
  return rows.some((row) => row.ratio > 2 * BOUNDS[row.name as Format] || row.rss_mb > 2 * RSS_BOUND_MB);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
