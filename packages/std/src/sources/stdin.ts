import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bytes,
  ConfigError,
  defineSource,
  type Infer,
  object,
  oneOf,
  type Source,
  type SourceContext,
} from '@tailrace/core';
import { detectFormat, MAX_EVENT_BYTES } from '@tailrace/kernel';
import { multilineOptions, prepareMultiline } from '../multiline/options.ts';
import { firstLine } from './first-line.ts';
import { FramedRun } from './framed-run.ts';

const config = object({
  format: oneOf(['auto', 'docker', 'cri', 'ndjson', 'text', 'json'], {
    default: 'auto',
    description:
      'How the input is written; `json` is a stream of JSON documents over any number of lines, or arrays of them; `auto` looks at the first line, of one that is longer than an event may be at its beginning.',
  }),
  max_event_bytes: bytes({
    default: '1MiB',
    description: 'Most bytes of one event; a longer one is cut and counted. At most 4MiB.',
  }),
  multiline: object(multilineOptions, {
    description:
      'Joins lines into one event, such as stack traces; off unless it has presets or a pattern (docs/multiline.md).',
  }),
});
type StdinConfig = Infer<typeof config>;

/** Reads standard input to its end. */
export const stdin = defineSource({
  type: 'stdin',
  readsOnce: true,
  summary: 'Read standard input to its end: container logs, JSON lines, text, or a stream of JSON documents.',
  description: [
    'The source ends with its input, and waits until all of it is delivered. Nothing is remembered: what is piped in again is new.',
    '',
    'With `format: json` documents may go over several lines, stand side by side, or be the items of one huge array, which is never',
    'held in memory as a whole. Every document is passed on with its own bytes; one that is no JSON object is kept as text in `log`.',
  ].join('\n'),
  config,
  examples: [
    { title: 'Whatever comes', config: {} },
    { title: 'Text whose indented lines go on with the one before', config: { multiline: { continue: '^\\s' } } },
    {
      title: 'Programs in Java and Python: a stack trace is one event',
      config: { multiline: { presets: ['java', 'python'], timeout: '1s', max_lines: 500, max_bytes: '128KiB' } },
    },
    {
      title: 'SQL: a statement begins with a word in capitals and ends with a semicolon',
      config: { format: 'text', multiline: { start: '^[A-Z]+ ', end: ';$' } },
    },
    { title: 'The answer of an API: one large array', config: { format: 'json', max_event_bytes: '4MiB' } },
  ],
  create: ({ config, context }) => stdinSource(() => process.stdin, config, context),
});

/** The source over any stream of bytes, which is opened when it runs. */
export function stdinSource(open: () => Readable, config: StdinConfig, context: SourceContext): Source {
  const { format, max_event_bytes: maxEventBytes } = config;
  if (maxEventBytes < 1 || maxEventBytes > MAX_EVENT_BYTES) {
    throw new ConfigError(['max_event_bytes'], `must be from 1 byte to 4MiB, is ${maxEventBytes} bytes`);
  }
  const multiline = prepareMultiline(config.multiline, ['multiline']);
  if (multiline && format === 'json') {
    throw new ConfigError(['multiline'], 'joins lines, and `format: json` has none: leave it out');
  }
  return {
    async run(io) {
      const detect = createDetector(format, maxEventBytes);
      let run: FramedRun | undefined;
      const push = async (chunk: Uint8Array, final: boolean): Promise<void> => {
        if (run) return await run.push(chunk, final);
        const begun = detect(chunk, final);
        if (!begun) return;
        run = new FramedRun(context, io, { format: begun.format, label: 'stdin', maxEventBytes, multiline });
        await run.push(begun.bytes, final);
      };
      const input = open();
      addAbortSignal(io.signal, input);
      io.ready();
      try {
        for await (const chunk of chunksOrDue(input, () => run?.dueAt ?? Number.POSITIVE_INFINITY)) {
          if (chunk) await push(chunk, false);
          else await run?.giveOutDue(Date.now());
        }
        await push(new Uint8Array(0), true);
      } catch (error) {
        if (!io.signal.aborted) throw error;
      }
      io.inputEnded?.();
      await run?.settled();
    },
  };
}

/** The chunks of the input; `null` when the time of `dueAt`, in Unix milliseconds, comes before the next chunk. */
async function* chunksOrDue(input: Readable, dueAt: () => number): AsyncGenerator<Uint8Array | null> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (let next = chunks.next(); ; ) {
      const got = await orAt(next, dueAt());
      if (got?.done) return;
      yield got ? got.value : null;
      if (got) next = chunks.next();
    }
  } finally {
    await chunks.return?.();
  }
}

/** What comes first: the answer, or `null` at a time in Unix milliseconds. */
async function orAt<T>(answer: Promise<T>, time: number): Promise<T | null> {
  if (time === Number.POSITIVE_INFINITY) return await answer;
  const timer = new AbortController();
  try {
    const signal = { signal: timer.signal };
    return await Promise.race([answer, sleep(Math.max(1, time - Date.now()), null, signal).catch(() => null)]);
  } finally {
    timer.abort();
  }
}

type InputFormat = StdinConfig['format'];
type KnownFormat = Exclude<InputFormat, 'auto'>;

/** Holds bytes back until they tell the format; `undefined`: not yet. */
function createDetector(format: InputFormat, maxEventBytes: number) {
  let held: Uint8Array = new Uint8Array(0);
  return (chunk: Uint8Array, final: boolean): { format: KnownFormat; bytes: Uint8Array } | undefined => {
    if (format !== 'auto') return { format, bytes: chunk };
    held = Buffer.concat([held, chunk]);
    const { line, isWhole } = firstLine(held);
    const whole = isWhole || final;
    if (looksLikeDocuments(line, whole)) return { format: 'json', bytes: held };
    if (!whole && held.length <= maxEventBytes) return undefined;
    return { format: detectFormat(line, whole), bytes: held };
  };
}

/** Whether a line only opens a document, or begins an array of objects: no log line looks so. */
function looksLikeDocuments(line: Uint8Array, whole: boolean): boolean {
  const start = Buffer.from(line.subarray(0, 256)).toString('latin1');
  return /^\s*\[\s*\{\s*"/.test(start) || (whole && line.length <= 256 && /^\s*[{[]\s*$/.test(start));
}
