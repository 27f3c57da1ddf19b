import { parseArgs } from 'node:util';
import { build } from './rows/command.ts';
import { containerRows } from './rows/container.ts';
import { ndjsonRows } from './rows/ndjson.ts';
import { otlpSourceRows } from './rows/otlp-source.ts';
import type { Measurable, Row } from './rows/row.ts';

/**
 * The product's ruler. CPU is that of the whole pipeline process, start-up included; the reference is a plain loop over the same input in
 * the same run without I/O, so the ratio holds on any machine.
 */
const RSS_BOUND_MB = 200;
const all: readonly Measurable[] = [...containerRows, ...ndjsonRows, ...otlpSourceRows];

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
for (const name of values.only) {
  if (!all.some((row) => row.name === name))
    refuse(`--only ${name}: is none of ${all.map((row) => row.name).join(', ')}`);
}
if (!values['no-build']) await build();
const rows: Row[] = [];
for (const row of all) {
  if (values.only.length === 0 || values.only.includes(row.name)) rows.push(await row.measure(lines));
}
console.log(values.json ? JSON.stringify({ rows }) : table(rows));
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

/** Machines are noisy: only a result at twice its bound is a failure. */
function isOverTwice(row: Row): boolean {
  return row.ratio > 2 * boundOf(row) || row.rss_mb > 2 * RSS_BOUND_MB;
}
