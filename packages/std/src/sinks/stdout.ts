import type { Writable } from 'node:stream';
import {
  ConfigError,
  defineSink,
  type EncodedBatch,
  type Infer,
  type LogBatch,
  object,
  oneOf,
  type Sink,
  type SinkContext,
  string,
  type Verdict,
} from '@tailrace/core';
import { encodeLines, kernel } from '@tailrace/kernel';
import { prettyEvent } from './stdout-pretty.ts';
import { compileTemplate, TemplateError } from './template.ts';

const config = object({
  format: oneOf(['auto', 'pretty', 'json', 'text'], {
    default: 'auto',
    description:
      'How events are printed: `pretty` a line for people, `json` one JSON object per line, `text` by `template`; `auto` is pretty on a terminal and json elsewhere.',
  }),
  template: string({
    description: 'A line of `format: text`; {{ path }} is the text of a member.',
    examples: ['{{ @timestamp }} {{ fields.message }}'],
  }),
});
type StdoutConfig = Infer<typeof config>;

/** Prints events to standard output. */
export const stdout = defineSink({
  type: 'stdout',
  summary: 'Print events to standard output: for people, as JSON lines, or by a text template.',
  description: [
    'Colours are used by `pretty` on a terminal, unless the variable NO_COLOR is set. Of a text template, missing members are empty,',
    'objects are JSON. When the reader goes away (`tailrace run … | head`), the pipeline stops.',
  ].join('\n'),
  config,
  examples: [
    { title: 'Lines for people', config: { format: 'pretty' } },
    { title: 'Only what matters', config: { format: 'text', template: '{{ @timestamp }} {{ fields.message }}' } },
  ],
  create: ({ config, context }) => createStdout(() => process.stdout, config, context),
});

/** The stream that is printed to, as far as the sink looks at it. */
export type Output = Writable & { readonly isTTY?: boolean };

/** The sink over any stream, which is asked for when the sink is created and written to later. */
export function createStdout(open: () => Output, config: StdoutConfig, context: SinkContext): Sink {
  const output = open();
  const format = config.format === 'auto' ? (output.isTTY ? 'pretty' : 'json') : config.format;
  const print = printer(format, config, output.isTTY === true && !process.env['NO_COLOR']);
  let listening = false;
  return {
    // An event that is small as text may take more room when printed for people.
    limits: { bytes: 8_000_000, events: 2000, waitMs: 100 },
    maxInFlight: 1,
    encode(batch, from, to, out) {
      if (print) {
        let i = from;
        while (i < to && out.append(Buffer.from(`${print(batch, i)}\n`))) i++;
        return i;
      }
      const marks = out.marks.subarray(out.entries);
      const { count, used } = encodeLines(kernel(), batch.events(), from, to, out.bytes, out.used, marks);
      out.used += used;
      out.entries += count;
      return from + count;
    },
    send(body) {
      // Without a listener an error of the stream would end the process; the callback of `write` tells it too.
      if (!listening) output.on('error', () => {});
      listening = true;
      return write(output, body, context);
    },
  };
}

type Print = (batch: LogBatch, i: number) => string;

function printer(format: 'pretty' | 'json' | 'text', config: StdoutConfig, colours: boolean): Print | null {
  if (format === 'text' && config.template === undefined) {
    throw new ConfigError(['template'], 'must be set with `format: text`, such as "{{ @timestamp }} {{ log }}"');
  }
  if (format !== 'text' && config.template !== undefined) {
    throw new ConfigError(['template'], `needs \`format: text\`, the format is ${config.format}`);
  }
  if (format === 'json') return null;
  if (format === 'pretty') return (batch, i) => prettyEvent(batch.text(i), colours);
  try {
    const { render } = compileTemplate(config.template!);
    return render;
  } catch (error) {
    if (error instanceof TemplateError) throw new ConfigError(['template'], error.message);
    throw error;
  }
}

function write(output: Output, body: EncodedBatch, context: SinkContext): Promise<Verdict> {
  return new Promise((resolve) => {
    const answer = (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error) {
        context.notReady('stdout', null);
        return resolve({ kind: 'done', refused: [] });
      }
      const gone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      const message = gone ? 'the reader of standard output has gone' : error.message;
      context.notReady('stdout', message);
      if (gone) context.outputGone?.(message);
      resolve({ kind: 'retry', code: 'write_failed', message });
    };
    // The callback comes when the operating system has the bytes, so the body needs no copy.
    output.write(body.bytes, answer);
  });
}
