import { setTimeout as sleep } from 'node:timers/promises';
import {
  anyOf,
  ConfigError,
  defineSource,
  type Infer,
  integer,
  list,
  number,
  object,
  oneOf,
  type Source,
  type SourceContext,
  type SourceIo,
  string,
} from '@tailrace/core';
import { detectFormat, type Format, MAX_EVENT_BYTES } from '@tailrace/kernel';
import { createClock } from '../generators/clock.ts';
import { type ContainerFormat, createContainerWriter } from '../generators/container-lines.ts';
import { mirrordLines } from '../generators/mirrord.ts';
import { templateLines, templateProblems } from '../generators/template.ts';
import { FramedRun } from './framed-run.ts';

const config = object({
  template: anyOf(
    [
      string({ description: 'One text.' }),
      list(string({ description: 'One of several texts.' }), { description: 'Several texts.', minItems: 1 }),
    ],
    {
      description:
        'Text of a line, with placeholders such as {{seq}}, {{time}}, {{int 1 6}} or {{pick red|green}}; of several each line takes one at random.',
      examples: ['{"n":{{seq}},"level":"{{pick INFO|WARN}}"}'],
    },
  ),
  system: oneOf(['mirrord'], { description: 'A known system whose log to generate, instead of a template.' }),
  format: oneOf(['docker', 'cri', 'plain'], {
    description:
      'How the lines are written before they are read again: as Docker or containerd writes them, or bare; docker for a system, plain for a template.',
  }),
  lines: integer({ minimum: 0, description: 'How many log events to generate; unset: without end.' }),
  rate: number({
    default: 0,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Lines per second; 0 is as fast as the pipeline takes them.',
  }),
  seed: anyOf([string({ description: 'Any text.' }), integer({ description: 'A number.' })], {
    default: 1,
    description: 'Equal seeds give equal lines.',
  }),
  start: string({
    default: '2026-11-02T06:00:00Z',
    description: 'Time of the first line, ISO 8601, or `now`.',
  }),
});
type GenerateConfig = Infer<typeof config>;

/** Generates log lines from a template or as a known system writes them. */
export const generate = defineSource({
  type: 'generate',
  summary: 'Generate log lines, from a template or as a known system writes them, and read them like a file.',
  description: [
    'The lines are written as a container runtime writes them and then go through the same reading as the lines of a file. With',
    '`system: mirrord` the events carry `kubernetes` and `docker` members as if they came from the operator’s own log file.',
    '',
    'Every run is a new input: its events have ids of their own, although equal seeds give equal lines.',
  ].join('\n'),
  config,
  examples: [
    { title: '20,000 log events of a mirrord operator', config: { system: 'mirrord', lines: 20_000 } },
    {
      title: 'Ten JSON lines a second',
      config: {
        template: '{"n":{{seq}},"level":"{{pick INFO|WARN}}","took":{{spread 20 0.5}}}',
        rate: 10,
        start: 'now',
      },
    },
  ],
  create: ({ config, context }) => createGenerate(config, context),
});

/** Bytes of unsent text after which a batch is sent. */
const CHUNK_BYTES = 256 * 1024;
/** How often a paced run sends what is due, in milliseconds. */
const PACE_MS = 50;

function createGenerate(config: GenerateConfig, context: SourceContext): Source {
  checkConfig(config);
  const { lines, rate, system } = config;
  const format = config.format ?? (system ? 'docker' : 'plain');
  return {
    async run(io) {
      if (io.once && lines === undefined) {
        throw new ConfigError(['lines'], 'must be set when the pipeline runs once: without it there is no end');
      }
      io.ready();
      const chunks = rate > 0 ? pacedChunks(config, format, io.signal) : fastChunks(config, format);
      await readChunks(chunks, { format, system }, context, io);
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

function* fastChunks(config: GenerateConfig, format: ContainerFormat): Generator<Uint8Array> {
  if (config.system) yield* mirrordLines({ ...options(config), format });
  else yield* writtenLines(config, format, CHUNK_BYTES);
}

/** Whole lines, as many as are due. */
async function* pacedChunks(
  config: GenerateConfig,
  format: ContainerFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const lines = config.system
    ? splitLines(mirrordLines({ ...options(config), format }))
    : writtenLines(config, format, 1);
  const began = performance.now();
  let sent = 0;
  for (;;) {
    const due = Math.floor(((performance.now() - began) / 1000) * config.rate) + 1 - sent;
    const taken: Uint8Array[] = [];
    while (taken.length < due) {
      const next = lines.next();
      if (next.done) break;
      taken.push(next.value);
    }
    sent += taken.length;
    if (taken.length > 0) yield Buffer.concat(taken);
    if (taken.length < due) return;
    const stopped = await sleep(Math.max(PACE_MS, 1000 / config.rate / 4), false, { signal }).catch(() => true);
    if (stopped) return;
  }
}

/** The template's lines in chunks of at least `chunkBytes`. */
function* writtenLines(config: GenerateConfig, format: ContainerFormat, chunkBytes: number): Generator<Uint8Array> {
  const settings = options(config);
  const { start, rate } = settings;
  const writer = createContainerWriter(format, createClock(start), 16_384);
  let seq = 0;
  for (const text of templateLines({ ...settings, template: config.template ?? [] })) {
    writer.write({ text, stream: 'stdout', at: seq / (rate ?? 1) });
    seq++;
    if (writer.pending() >= chunkBytes) yield writer.take();
  }
  writer.end();
  if (writer.pending() > 0) yield writer.take();
}

function* splitLines(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      yield chunk.subarray(from, end + 1);
      from = end + 1;
    }
  }
}

function options(config: GenerateConfig) {
  const { seed, lines = Number.MAX_SAFE_INTEGER, rate } = config;
  const start = config.start === 'now' ? new Date().toISOString() : config.start;
  return { seed, lines, start, ...(rate > 0 ? { rate } : {}) };
}

function checkConfig({ template, system, start }: GenerateConfig): void {
  if (template === undefined && system === undefined) {
    throw new ConfigError([], 'needs `template`, the text of a line, or `system: mirrord`');
  }
  if (template !== undefined && system !== undefined) {
    throw new ConfigError(['template'], 'cannot stand beside `system`: give one of them');
  }
  if (start !== 'now' && Number.isNaN(Date.parse(start))) {
    throw new ConfigError(
      ['start'],
      `must be \`now\` or a time like 2026-11-02T06:00:00Z, is ${JSON.stringify(start)}`,
    );
  }
  const several = Array.isArray(template);
  for (const [i, text] of [template ?? []].flat().entries()) {
    const [problem] = templateProblems(text);
    if (problem !== undefined) throw new ConfigError(several ? ['template', i] : ['template'], problem);
  }
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
