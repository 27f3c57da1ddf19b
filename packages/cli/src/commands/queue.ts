import { type Batch, countText } from '@tailrace/core';
import { inspectQueue, type QueueReport, queuedBatches, type Repair, repairQueue } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import type { Streams } from './dead-letters.ts';
import { eventPrinter } from './record-text.ts';
import { isBug } from './run-to-end.ts';

/** `tailrace queue inspect`: a line per file, then what it comes to. */
export async function inspectCommand(dir: string, json: boolean, { stdout, stderr }: Streams): Promise<number> {
  return await orUnavailable(stderr, async () => {
    const report = await inspectQueue(dir);
    await write(stdout, json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.damaged_files > 0 || report.positions_damaged ? EXIT.failed : EXIT.ok;
  });
}

/** `tailrace queue export`: the events that wait, oldest first. */
export async function exportCommand(dir: string, onlyEvents: boolean, { stdout, stderr }: Streams): Promise<number> {
  return await orUnavailable(stderr, async () => {
    let damaged = 0;
    const batches = queuedBatches(dir, (file, bytes) => {
      damaged++;
      stderr.write(`${file}: ${countText(bytes)} bytes are damaged and left out\n`);
    });
    for await (const batch of batches) {
      const print = await eventPrinter(batch.signal);
      const lines = Array.from({ length: batch.length }, (_, i) => eventLine(batch, i, print, onlyEvents));
      if (!(await write(stdout, `${lines.join('\n')}\n`))) return EXIT.ok;
    }
    return damaged > 0 ? EXIT.failed : EXIT.ok;
  });
}

/** `tailrace queue repair`: what was damaged and what was saved. */
export async function repairCommand(dir: string, { stdout, stderr }: Streams): Promise<number> {
  return await orUnavailable(stderr, async () => {
    const repairs = await repairQueue(dir);
    const text = repairs.length === 0 ? 'nothing is damaged\n' : repairs.map(repairText).join('');
    await write(stdout, text);
    return repairs.every(({ movedTo }) => movedTo !== null) ? EXIT.ok : EXIT.failed;
  });
}

async function orUnavailable(stderr: NodeJS.WritableStream, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  }
}

function eventLine(batch: Batch, i: number, print: (text: string) => string, onlyEvents: boolean): string {
  // A line break in JSON text stands between its tokens; here it would end the line.
  const event = print(batch.text(i)).replace(/[\r\n]+/g, ' ');
  if (onlyEvents) return event;
  const { stream, offset, end, sub } = batch.position(i);
  const position = { source: stream.source, label: stream.label, stream: stream.id, offset, end, sub };
  return `${JSON.stringify({ _id: batch.id(i), position }).slice(0, -1)},"event":${event}}`;
}

function reportText(report: QueueReport): string {
  const rows = [['file', 'bytes', 'waiting records', 'events', 'delivered records', 'damaged bytes']];
  for (const file of report.files) {
    const numbers = [file.bytes, file.records, file.events, file.delivered_records, file.damaged_bytes].map(countText);
    rows.push([file.file, ...numbers, file.unreadable === null ? '' : `cannot be read: ${file.unreadable}`]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, k) => (k === 0 || k > 5 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${[...(report.files.length > 0 ? table : []), ...remarks(report)].join('\n')}\n`;
}

function remarks({
  folder,
  files,
  events,
  bytes,
  damaged_files,
  positions_damaged,
  quarantined,
}: QueueReport): string[] {
  const lines = [
    files.length === 0
      ? `${folder}: nothing waits`
      : `${folder}: ${countText(events)} events wait, in ${countText(files.length)} files of ${countText(bytes)} bytes`,
  ];
  const unfinished = files.reduce((sum, file) => sum + file.unfinished_bytes, 0);
  if (unfinished > 0)
    lines.push(`${countText(unfinished)} bytes of a record that was never finished; they were not acknowledged`);
  if (damaged_files > 0)
    lines.push(`${countText(damaged_files)} files are damaged: a start or \`tailrace queue repair\` saves the rest`);
  if (positions_damaged) lines.push('the positions are damaged: all that is in the files would be sent again');
  for (const name of quarantined) lines.push(`in quarantine: ${name}`);
  return lines;
}

function repairText({ file, damagedBytes, savedEvents, movedTo, problem }: Repair): string {
  const what = damagedBytes === null ? 'could not be read' : `had ${countText(damagedBytes)} damaged bytes`;
  const where = movedTo === null ? `it could not be moved: ${problem}` : `moved to ${movedTo}`;
  return `${file} ${what}; ${countText(savedEvents)} events saved; ${where}\n`;
}
