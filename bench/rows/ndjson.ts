import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mirrordEvents, mirrordPresets } from '@tailrace/std';
import { countingServer } from '@tailrace/testkit';
import { startCommand } from './command.ts';
import { type Measurable, type Row, rowOf } from './row.ts';
import { measureLoop, withFolder, writeChunks } from './texts.ts';

/** A sink's options for a server at that URL, without compression. */
type SinkFor = (url: string) => object;

/**
 * The operator's own JSON lines, from a file into a counting server in another process by a sink's defaults, not compressed. The reference
 * parses and stringifies the same lines.
 */
export const ndjsonRows: readonly Measurable[] = [
  row('ndjson-otlp', (url) => ({ type: 'otlp', endpoint: url, compression: 'none' })),
  row('ndjson-datadog', (url) => ({ type: 'datadog_logs', api_key: 'key', url, compression: 'none' })),
];

function row(name: string, sink: SinkFor): Measurable {
  return { name, bound: 1.2, measure: (lines) => measure(name, sink, lines) };
}

async function measure(name: string, sink: SinkFor, lines: number): Promise<Row> {
  return await withFolder(async (folder) => {
    const log = join(folder, 'operator.log');
    await writeChunks(log, jsonLines(lines));
    const reference = await measureLoop(log, lines, parseAndStringify);
    const server = await countingServer();
    try {
      const pipeline = join(folder, 'pipeline.json');
      await writeFile(pipeline, JSON.stringify(pipelineOf(folder, sink(server.url))));
      const usage = await (await startCommand(folder, pipeline, true, {})).usage();
      const { events } = await server.counts();
      if (events !== lines) throw new Error(`${name}: the server got ${events} events of ${lines}`);
      return rowOf(name, events, usage, reference);
    } finally {
      await server.stop();
    }
  });
}

function pipelineOf(folder: string, sink: object): object {
  return {
    data_dir: join(folder, 'data'),
    metrics: { enabled: false },
    sources: { in: { type: 'file', include: [join(folder, '*.log')], format: 'ndjson' } },
    sinks: { out: { inputs: ['in'], ...sink } },
  };
}

/** Lines that are JSON, a few hundred at a time. */
export function* jsonLines(lines: number): Generator<string, void, undefined> {
  const shares = { ...mirrordPresets.benchmark.shares, nonJson: 0 };
  let texts: string[] = [];
  for (const { text } of mirrordEvents({ ...mirrordPresets.benchmark, shares, lines })) {
    if (texts.push(text) < 500) continue;
    yield `${texts.join('\n')}\n`;
    texts = [];
  }
  if (texts.length > 0) yield `${texts.join('\n')}\n`;
}

function parseAndStringify(texts: readonly string[]): number {
  let written = 0;
  for (const text of texts) written += JSON.stringify(JSON.parse(text)).length;
  return written;
}
