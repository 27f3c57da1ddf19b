import { parseArgs } from 'node:util';
import { build } from './rows/command.ts';
import { containerRows } from './rows/container.ts';
import { localRows, percentileTiming } from './rows/local.ts';
import { ndjsonRows } from './rows/ndjson.ts';
import { openPageRow } from './rows/open-page.ts';
import { otlpSourceRows } from './rows/otlp-source.ts';
import type { Figure, Measurable, Row, Timing } from './rows/row.ts';
import { startTiming } from './rows/start.ts';

/**
 * The product's ruler. CPU is that of the whole pipeline process, start-up included; the reference is a plain loop over the same input in
 * the same run without I/O, so the ratio holds on any machine.
 */
const RSS_BOUND_MB = 200;
const all: readonly Measurable[] = [...containerRows, ...ndjsonRows, ...otlpSourceRows, ...localRows, openPageRow];
const timings: readonly Timing[] = [startTiming, percentileTiming];

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    // What was built before is measured.
    'no-build': { type: 'boolean', default: false },
  },
});
const lines = Number(values.lines);
if (!Number.isInteger(lines) || lines < 1) refuse(`--lines ${values.lines}: must be a whole number from 1`);
const names = [...all, ...timings].map(({ name }) => name);
for (const name of values.only) {
  if (!names.includes(name)) refuse(`--only ${name}: is none of ${names.join(', ')}`);
}
const isWanted = ({ name }: { readonly name: string }): boolean =>
  values.only.length === 0 || values.only.includes(name);
if (!values['no-build']) await build();
const rows: Row[] = [];
for (const row of all.filter(isWanted)) rows.push(await row.measure(lines));
const times: { readonly name: string; readonly figures: readonly Figure[] }[] = [];
for (const timing of timings.filter(isWanted)) times.push({ name: timing.name, figures: await timing.measure() });
if (values.json) console.log(JSON.stringify({ rows, times }));
else console.log([...(rows.length > 0 ? [table(rows)] : []), ...times.map(timesText)].join('\n\n'));
if (values.check) process.exitCode = rows.some(isOverTwice) ? 1 : 0;

function refuse(message: string): void {
  console.error(message);
  process.exit(64);
}

function boundOf({ name }: Row): number {
  return all.find((row) => row.name === name)?.bound ?? Number.NaN;
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
    `${boundOf(row)}`,
  ]);
  const lines = [head, ...cells];
  const widths = head.map((_, k) => Math.max(...lines.map((line) => line[k]!.length)));
  return lines
    .map((line) => line.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join('  '))
    .join('\n');
}

function timesText({ name, figures }: (typeof times)[number]): string {
  return figures.map(({ what, seconds }) => `${name}: ${what} after ${seconds.toFixed(2)} s`).join('\n');
}

/** Machines are noisy: only a result at twice its bound is a failure. */
function isOverTwice(row: Row): boolean {
  const { rssBound = RSS_BOUND_MB } = all.find(({ name }) => name === row.name) ?? {};
  return row.ratio > 2 * boundOf(row) || row.rss_mb > 2 * rssBound;
}
