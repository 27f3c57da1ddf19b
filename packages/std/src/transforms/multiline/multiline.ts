import { ConfigError, defineTransform, fieldPath, list, object, type Path, PathError, path } from '@tailrace/core';
import { multilineOptions, prepareMultiline } from '../../multiline/options.ts';
import { lineJoiner } from './line-joiner.ts';

/** Joins events that hold a line each into events of several lines. */
export const multiline = defineTransform({
  type: 'multiline',
  summary: 'Join events that are the lines of one, such as a stack trace, by patterns or presets.',
  description: [
    'The event keeps the first line’s members; the text of the others joins its `field`, each behind a line feed. A line end behind a text does',
    'not count, and is gone where lines were joined; an event of one line keeps its bytes. Lines join within one stream: a file or connection,',
    'stdout apart from stderr; `by` names other fields to tell streams apart. An event without text in `field` joins nothing and ends the one',
    'before it. What a line waits for is its successor, at most `timeout`.',
    '',
    'Where the lines come from a file, its own option `multiline` is better: it knows where an event ended before a restart.',
    '`docs/multiline.md` tells how patterns and presets work.',
  ].join('\n'),
  config: object({
    field: fieldPath({ default: 'log', description: 'The field with the line’s text.' }),
    by: list(fieldPath({ description: 'A field.' }), {
      description:
        'Fields whose values tell streams apart, in place of the stream that the source read and of `stream`.',
      examples: [['kubernetes.pod_id', 'kubernetes.container_name', 'stream']],
    }),
    ...multilineOptions,
  }),
  examples: [
    {
      title: 'Stack traces of Java and Python',
      config: { presets: ['java', 'python'] },
      input: [
        { log: 'ready' },
        { log: 'java.lang.IllegalStateException: no room' },
        { log: '\tat com.example.Shop.sell(Shop.java:12)' },
        { log: '\tat com.example.Shop.main(Shop.java:5)' },
        { log: 'Traceback (most recent call last):' },
        { log: '  File "shop.py", line 5, in sell' },
        { log: 'KeyError: 7' },
      ],
      output: [
        { log: 'ready' },
        {
          log: 'java.lang.IllegalStateException: no room\n\tat com.example.Shop.sell(Shop.java:12)\n\tat com.example.Shop.main(Shop.java:5)',
        },
        { log: 'Traceback (most recent call last):\n  File "shop.py", line 5, in sell\nKeyError: 7' },
      ],
    },
    {
      title: 'Lines that begin with a date begin an event',
      config: { field: 'message', start: '^\\d{4}-\\d\\d-\\d\\d ', timeout: '500ms' },
      input: [
        { message: '2024-01-01 Order refused', host: 'a' },
        { message: '  item: 7' },
        { message: '  item: 9' },
        { message: '2024-01-01 Order taken', host: 'a' },
      ],
      output: [
        { message: '2024-01-01 Order refused\n  item: 7\n  item: 9', host: 'a' },
        { message: '2024-01-01 Order taken', host: 'a' },
      ],
    },
    {
      title: 'Statements that end with a semicolon, of two containers, at most three lines each',
      config: { by: ['container'], end: ';$', max_lines: 3, max_bytes: '64KiB' },
      input: [
        { container: 'a', log: 'select *' },
        { container: 'b', log: 'begin' },
        { container: 'a', log: 'from t;' },
        { container: 'b', log: 'one' },
        { container: 'b', log: 'two' },
        { container: 'b', log: 'end;' },
      ],
      output: [
        { container: 'a', log: 'select *\nfrom t;' },
        { container: 'b', log: 'begin\none\ntwo' },
        { container: 'b', log: 'end;' },
      ],
    },
    {
      title: 'Indented lines go on with the one before',
      config: { continue: '^\\s' },
      input: [{ log: 'one' }, { log: '  more of it' }, { log: 'two' }],
      output: [{ log: 'one\n  more of it' }, { log: 'two' }],
    },
  ],
  create({ config, context }) {
    const prepared = prepareMultiline(config, []);
    if (!prepared)
      throw new ConfigError([], 'does not say which lines belong together: set presets, start, continue or end');
    const by = config.by?.map((field, i) => pathAt(['by', i], field)) ?? null;
    const joiner = lineJoiner(prepared, pathAt(['field'], config.field), by);
    const count = (): void => {
      const splits = joiner.takeSplits();
      if (splits > 0) context.countErrors('multiline_split', splits);
    };
    return {
      holds: true,
      tickMs: Math.min(500, Math.max(10, Math.floor(prepared.timeoutMs / 4))),
      process(batch, out) {
        joiner.take(batch, out);
        count();
      },
      flush: (now, final, out) => joiner.flush(now, final, out),
    };
  },
});

function pathAt(at: readonly (string | number)[], text: string): Path {
  try {
    return path(text);
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(at, error.message);
    throw error;
  }
}
