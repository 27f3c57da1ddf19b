import { ConfigError, defineSource, type Source, type SourceContext, type SourceIo } from '@tailrace/core';
import { detectFormat, type Format, MAX_EVENT_BYTES } from '@tailrace/kernel';
import type { ContainerFormat } from '../generators/container-lines.ts';
import { FramedRun } from './framed-run.ts';
import { fastChunks, pacedChunks, programLines, writerFor } from './generate/lines.ts';
import { checkConfig, type GenerateConfig, generateOptions } from './generate/options.ts';
import { noting, periodOf, sayWhatComes } from './generate/period.ts';

/** Generates log lines from a template or as a known system writes them. */
export const generate = defineSource({
  type: 'generate',
  summary: 'Generate log lines, from a template or as a known system writes them, and read them like a file.',
  description: [
    'The lines are written as a container runtime writes them and then go through the same reading as the lines of a file. With',
    '`system: mirrord` the events carry `kubernetes` and `docker` members as if they came from the operator’s own log file.',
    '',
    'Every run is a new input: its events have ids of their own, although equal seeds give equal lines.',
    '',
    'With `backfill` the past is there at once: with `start: now` and `backfill: 2h` the lines of the last two hours, and then each line at its',
    'time. The next run with the same `data_dir` begins where the lines ended that have arrived, at most `backfill` ago. A pipeline that runs',
    'once ends with the back-fill. With a `start` that is a time, the same lines come in every run.',
  ].join('\n'),
  config: generateOptions,
  examples: [
    { title: '20,000 log events of a mirrord operator', config: { system: 'mirrord', lines: 20_000 } },
    {
      title: 'A mirrord operator at work, with the last two hours',
      config: { system: 'mirrord', rate: 10, start: 'now', backfill: '2h' },
    },
    {
      title: 'Ten JSON lines a second',
      config: {
        template: '{"n":{{seq}},"level":"{{pick INFO|WARN}}","took":{{spread 20 0.5}}}',
        rate: 10,
        start: 'now',
      },
    },
    {
      title: 'The same million lines in every run, as containerd would write them',
      config: {
        template: ['{"n":{{seq}},"msg":"started"}', '{"n":{{seq}},"msg":"stopped"}'],
        format: 'cri',
        lines: 1_000_000,
        seed: 'load test',
      },
    },
  ],
  create: ({ config, context }) => createGenerate(config, context),
});

function createGenerate(config: GenerateConfig, context: SourceContext): Source {
  checkConfig(config);
  const { lines, rate, system, backfill } = config;
  const format = config.format ?? (system ? 'docker' : 'plain');
  return {
    async run(io) {
      if (io.once && lines === undefined && backfill === undefined) {
        throw new ConfigError(['lines'], 'must be set when the pipeline runs once: without it there is no end');
      }
      io.ready();
      const period = periodOf(config, io.checkpoints, Date.now());
      if (backfill !== undefined) sayWhatComes(context, period);
      const [program, writer] = [programLines(config, period), writerFor(format, period)];
      const ends = io.once && backfill !== undefined;
      const chunks =
        rate > 0 ? pacedChunks(program, writer, { period, ends, signal: io.signal }) : fastChunks(program, writer);
      await readChunks(chunks, { format, system }, context, period.isLive && backfill !== undefined ? noting(io) : io);
    },
  };
}

async function readChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  input: { format: ContainerFormat; system: GenerateConfig['system'] },
  context: SourceContext,
  io: SourceIo,
): Promise<void> {
  const members = input.system ? MEMBERS[input.system] : new Uint8Array(0);
  let run: FramedRun | undefined;
  for await (const chunk of chunks) {
    if (io.signal.aborted) break;
    const format = readFormat(input.format, chunk);
    run ??= new FramedRun(context, io, {
      format,
      label: input.system ?? 'template',
      maxEventBytes: MAX_EVENT_BYTES,
      members,
    });
    await run.push(chunk, false);
  }
  if (!io.signal.aborted) await run?.push(new Uint8Array(0), true);
  io.inputEnded?.();
  await run?.settled();
}

function readFormat(format: ContainerFormat, chunk: Uint8Array): Format {
  return format === 'plain' ? detectFormat(chunk.subarray(0, chunk.indexOf(0x0a))) : format;
}

/** What the file source would take from the path of the system's own log file. */
const MEMBERS = {
  mirrord: Buffer.from(
    `"kubernetes":${JSON.stringify({
      namespace_name: 'mirrord',
      pod_name: 'mirrord-operator-7d9c5b7f4-x2k8q',
      container_name: 'mirrord-operator',
    })},"docker":${JSON.stringify({ container_id: '5f3e0c1d9b7a48266e40f1c2d3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4938' })}`,
  ),
};
