import { join } from 'node:path';
import { mirrordLines, mirrordPresets } from '@tailrace/std';
import { countingServer } from '@tailrace/testkit';
import { root, startCommand } from './command.ts';
import { type Measurable, type Row, rowOf } from './row.ts';
import { measureLoop, withFolder, writeChunks } from './texts.ts';

type Format = 'docker' | 'cri';

/** pipelines/mirrord/elasticsearch.yaml with its defaults over generated container logs, into a counting server in another process. */
export const containerRows: readonly Measurable[] = [
  { name: 'docker', bound: 0.7, measure: (lines) => measure('docker', lines) },
  { name: 'cri', bound: 0.6, measure: (lines) => measure('cri', lines) },
];

async function measure(format: Format, lines: number): Promise<Row> {
  return await withFolder(async (folder) => {
    const id = '0123456789abcdef'.repeat(4);
    const log = join(folder, `mirrord-operator-5d8f6c7b9-x2x7q_mirrord_mirrord-operator-${id}.log`);
    await writeChunks(log, mirrordLines({ ...mirrordPresets.benchmark, lines, format }));
    const reference = await measureLoop(log, lines, format === 'docker' ? dockerLoop : criLoop);
    const server = await countingServer();
    try {
      const pipeline = join(root, 'pipelines/mirrord/elasticsearch.yaml');
      const command = await startCommand(folder, pipeline, true, { LOG_DIR: folder, ELASTICSEARCH_URL: server.url });
      const usage = await command.usage();
      const { events } = await server.counts();
      if (events !== lines) throw new Error(`${format}: the server got ${events} events of ${lines}`);
      return rowOf(format, events, usage, reference);
    } finally {
      await server.stop();
    }
  });
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
