import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineSource, type SourceContext } from '@tailrace/core';
import { birthTimesHold } from './identity.ts';
import { config, optionsOf } from './options.ts';
import { readFiles } from './session.ts';

const RETRY_MS = 1000;

/** Tails files: container logs and others, through rotation, truncation and restarts. */
export const fileSource = defineSource({
  type: 'file',
  summary:
    'Tail files: container logs and others, through rotation, truncation and restarts, without losing or repeating lines.',
  description: [
    'Each file is followed by what it is (inode and birth time), not by its name: after a rename it is read to its end, and the file that',
    'takes its place is a new one. A file that was truncated, or whose inode went to another file, is read from its start as a new one; what',
    'rotation copied or compressed before it was read is read there. `docs/tailing.md` tells each case, and what no tailer can see.',
    '',
    'Symlinks are followed. Files under `/var/log/pods` and `/var/log/containers` bring `kubernetes.namespace_name`,',
    '`kubernetes.pod_name`, `kubernetes.container_name`, `kubernetes.pod_id` and `docker.container_id` from their paths.',
    '',
    'A file that a pattern names by an ending in `.gz` is read as what stands compressed in it (RFC 1952), with positions in that text: once,',
    'and on from there when members are appended. What was read as a log before rotation compressed it is not read again.',
    '',
    'With `format: json` every value at the top level, and every item of an array there, is an event with its own bytes; one that is no object',
    'is kept as text in `log`. A checkpoint stands between any two of them, so that a huge array is neither held in memory nor read again.',
    'In `latin1` the bytes from 0x80 to 0x9f are those of windows-1252, as on the web.',
    '',
    'With `run --once` the files are read to their ends; a last line without a newline counts as a line then. Otherwise it is read when it',
    'is complete, or when the file is gone. What this process writes itself (its output, its `data_dir`) is never read.',
  ].join('\n'),
  config,
  examples: [
    {
      title: 'Programs in Java and Python: a stack trace is one event',
      config: {
        include: ['/var/log/containers/*_shop_*.log'],
        multiline: { presets: ['java', 'python'], timeout: '1s', max_lines: 500, max_bytes: '128KiB' },
      },
    },
    {
      title: 'Events that begin with a date and go on over indented lines, up to one that ends with END',
      config: {
        include: ['/var/log/shop/*.log'],
        multiline: { start: '^\\d{4}-\\d\\d-\\d\\d ', continue: '^\\s', end: 'END$' },
      },
    },
    {
      title: 'The mirrord operator on a node',
      config: { include: ['/var/log/containers/*_mirrord_mirrord-operator-*.log'] },
    },
    {
      title: 'Reports that a program writes as pretty-printed JSON, or as one large array',
      config: {
        include: ['/var/lib/reports/*.json'],
        format: 'json',
        max_event_bytes: '4MiB',
        oversize: 'dead_letter',
        scan_interval: '10s',
      },
    },
    {
      title: 'Everything that rotation has left of a log, the compressed files too',
      config: { include: ['/var/log/app.log', '/var/log/app.log.*.gz'], exclude: ['/var/log/app.log.*.tmp.gz'] },
    },
    {
      title: 'Logs of a Windows program',
      config: { include: ['/mnt/app/logs/*.log'], format: 'text', encoding: 'utf-16le' },
    },
    {
      title: 'JSON lines of a program, only what is written from now on',
      config: { include: ['/var/log/app/*.json'], format: 'ndjson', read_from: 'end', path_field: 'log_file.path' },
    },
  ],
  create({ config: written, context }) {
    const options = optionsOf(written, context);
    return {
      async run(io) {
        const births = await whenWritable(context, io.signal, () =>
          birthTimesHold(join(context.dataDir, context.componentId)),
        );
        if (births !== null) await readFiles({ options, context, io, births });
      },
    };
  },
});

/** Tries again while the disk of data_dir is full, and says so; `null` when the signal came first. Nothing could be remembered anyway. */
async function whenWritable<T>(
  { dataDir, notReady }: SourceContext,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T | null> {
  while (!signal.aborted) {
    try {
      const result = await attempt();
      notReady(dataDir, null);
      return result;
    } catch (error) {
      notReady(dataDir, `cannot be written to: ${(error as Error).message}; nothing is read until it can`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}
