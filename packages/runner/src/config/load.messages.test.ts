import { describe, expect, test } from 'vitest';
import { changed, cwd, GOOD, plugins, problemsOf } from './load.fixture.ts';
import { loadPipeline } from './load.ts';
import { pluginEntries } from './plugin-entry.ts';
import { printProblem } from './problem.ts';

// Each entry: the pipeline, then the one message it gives.
const messages: Record<string, readonly [text: string, message: string, env?: Record<string, string>]> = {
  'unknown top-level key, near': [`sinkz: {}\n${GOOD}`, 'p.yaml:1:1 sinkz: unknown key, did you mean "sinks"?'],
  'unknown top-level key, far': [
    `colour: red\n${GOOD}`,
    'p.yaml:1:1 colour: unknown key, expected one of sources, transforms, sinks, tests, data_dir, shutdown_timeout, reload_timeout, metrics, log, dead_letters',
  ],
  'unknown option, near': [
    changed('type: edit', 'type: edit\n    feild: x'),
    'p.yaml:7:5 transforms.edited.feild: unknown option, did you mean "field"?',
  ],
  'unknown option, far': [
    `log: { colour: red }\n${GOOD}`,
    'p.yaml:1:8 log.colour: unknown option, expected one of level, stats_interval',
  ],
  'unknown option of every sink': [
    changed('type: print', 'type: print\n    queue: { max_byte: 1MB }'),
    'p.yaml:11:14 sinks.out.queue.max_byte: unknown option, did you mean "max_bytes"?',
  ],
  'a size of 0 where nothing would ever pass': [
    changed('type: print', 'type: print\n    queue: { max_bytes: 0 }'),
    'p.yaml:11:25 sinks.out.queue.max_bytes: is the number 0, expected a size above 0 such as 512, 64KB, 5MB or 32MiB',
  ],
  'a duration of 0 where nothing would ever work': [
    changed('type: print', 'type: print\n    request_timeout: 0.0s'),
    'p.yaml:11:22 sinks.out.request_timeout: is the text "0.0s", expected a duration above 0 such as 250ms, 30s, 5m, 2h or 7d',
  ],
  'unknown type, near': [
    changed('type: edit', 'type: eidt'),
    'p.yaml:6:11 transforms.edited.type: unknown transform type "eidt", expected one of edit, did you mean "edit"?',
  ],
  'unknown type, far': [
    changed('type: print', 'type: elastic'),
    'p.yaml:10:11 sinks.out.type: unknown sink type "elastic", expected one of print, gather',
  ],
  'a type of another kind': [
    changed('type: edit', 'type: print'),
    'p.yaml:6:11 transforms.edited.type: "print" is a sink, not a transform, expected one of edit',
  ],
  'no type': [changed('type: print\n', '\n'), 'p.yaml:9:3 sinks.out.type: is missing, expected one of print, gather'],
  'a type that is no text': [
    changed('type: print', 'type: 3'),
    'p.yaml:10:11 sinks.out.type: is the number 3, expected one of print, gather',
  ],
  'a component that is no map': [
    changed('{ type: tail, include: [a.log] }', 'tail'),
    'p.yaml:3:8 sources.app: is the text "tail", expected options, "type" among them',
  ],
  'a section that is no map': [
    'transforms: none\nsources: { app: { type: tail, include: [a] } }\nsinks: { out: { type: print, inputs: app } }\n',
    'p.yaml:1:13 transforms: is the text "none", expected components by id',
  ],
  'a required option is missing': [
    changed(', include: [a.log]', ''),
    'p.yaml:3:3 sources.app.include: is missing, expected a list with at least 1 entry',
  ],
  'text where a list is wanted': [
    changed('[a.log]', 'a.log'),
    'p.yaml:3:31 sources.app.include: is the text "a.log", expected a list with at least 1 entry',
  ],
  'an empty list': [
    changed('[a.log]', '[]'),
    'p.yaml:3:31 sources.app.include: is a list, expected a list with at least 1 entry',
  ],
  'a number where text is wanted': [
    changed('[a.log]', '[a.log, 7]'),
    'p.yaml:3:39 sources.app.include[1]: is the number 7, expected text',
  ],
  'text where a whole number is wanted': [
    changed('[a.log]', '[a.log], port: http'),
    'p.yaml:3:46 sources.app.port: is the text "http", expected a whole number from 1 to 65535',
  ],
  'a number that is too large': [
    changed('[a.log]', '[a.log], port: 65536'),
    'p.yaml:3:46 sources.app.port: is the number 65536, expected a whole number from 1 to 65535',
  ],
  'a number above its maximum': [
    changed('type: edit', 'type: edit\n    share: 1.5'),
    'p.yaml:7:12 transforms.edited.share: is the number 1.5, expected a number of at most 1',
  ],
  'text where true or false is wanted': [
    changed('type: edit', 'type: edit\n    strict: yes'),
    'p.yaml:7:13 transforms.edited.strict: is the text "yes", expected true or false',
  ],
  'nothing where a value is wanted': [
    changed('type: edit', 'type: edit\n    field:'),
    'p.yaml:7:11 transforms.edited.field: is empty, expected a field path such as fields.client_id',
  ],
  'a word that is not one of them, near': [
    changed('type: edit', 'type: edit\n    mode: kep'),
    'p.yaml:7:11 transforms.edited.mode: is the text "kep", expected one of keep, drop, did you mean "keep"?',
  ],
  'a duration without its unit': [
    changed('[a.log]', '[a.log], every: 30'),
    'p.yaml:3:47 sources.app.every: is the number 30, expected a duration such as 250ms, 30s, 5m, 2h or 7d',
  ],
  'a duration with an unknown unit': [
    changed('[a.log]', '[a.log], every: 30 parsecs'),
    'p.yaml:3:47 sources.app.every: is the text "30 parsecs", expected a duration such as 250ms, 30s, 5m, 2h or 7d',
  ],
  'a size with an unknown unit': [
    changed('[a.log]', '[a.log], max: 1MO'),
    'p.yaml:3:45 sources.app.max: is the text "1MO", expected a size such as 512, 64KB, 5MB or 32MiB',
  ],
  'a field path with an empty key': [
    changed('type: edit', 'type: edit\n    field: a..b'),
    'p.yaml:7:12 transforms.edited.field: field path "a..b", column 3: expected a key (quote one that holds . " [ ] or white space)',
  ],
  'none of several shapes': [
    changed('type: edit', 'type: edit\n    when: 5'),
    'p.yaml:7:11 transforms.edited.when: is the number 5, expected text, or options',
  ],
  'a fault inside the shape that fits': [
    changed('type: edit', 'type: edit\n    when: { after: soon }'),
    'p.yaml:7:20 transforms.edited.when.after: is the text "soon", expected a whole number',
  ],
  'a secret is not shown': [
    changed('type: print', 'type: print\n    password: 12345'),
    'p.yaml:11:15 sinks.out.password: is a number, expected text',
  ],
  'no inputs': [
    `${changed('    inputs: [edited]\n', '')}  more: { type: print, inputs: edited }\n`,
    'p.yaml:9:3 sinks.out.inputs: is missing, expected the id of a source or transform, or a list of them',
  ],
  'an empty list of inputs': [
    `${changed('[edited]', '[]')}  more: { type: print, inputs: edited }\n`,
    'p.yaml:11:13 sinks.out.inputs: is an empty list, expected the id of a source or transform, or a list of them',
  ],
  'an input that is no text': [
    changed('[edited]', '[edited, 3]'),
    'p.yaml:11:22 sinks.out.inputs[1]: is the number 3, expected the id of a source or transform',
  ],
  'an empty input': [
    changed('[edited]', '[edited, ""]'),
    'p.yaml:11:22 sinks.out.inputs[1]: is empty, expected the id of a source or transform',
  ],
  'an input named twice': [
    changed('[edited]', '[edited, edited]'),
    'p.yaml:11:22 sinks.out.inputs[1]: "edited" is an input already',
  ],
  'an unknown input, near': [
    changed('[edited]', '[edited, edted]'),
    'p.yaml:11:22 sinks.out.inputs[1]: unknown component "edted", expected one of app, edited, did you mean "edited"?',
  ],
  'a pattern without a match': [
    changed('[edited]', '["edited", "x*"]'),
    'p.yaml:11:24 sinks.out.inputs[1]: "x*" matches no source or transform',
  ],
  'a sink as input': [
    changed('[edited]', '[edited, out]'),
    'p.yaml:11:22 sinks.out.inputs[1]: "out" is a sink, and nothing comes out of a sink, expected a source or transform',
  ],
  'inputs of a source': [
    changed('[a.log]', '[a.log], inputs: app'),
    'p.yaml:3:40 sources.app.inputs: unknown option, expected one of type, include, every, max, port',
  ],
  'a signal that does not fit': [
    changed('include: [a.log] }', 'include: [a.log] }\n  numbers: { type: counter }').replace(
      'inputs: app',
      'inputs: [app, numbers]',
    ),
    'p.yaml:8:19 transforms.edited.inputs[1]: "numbers" (counter) gives metrics, but edit takes logs',
  ],
  'dead letters for a sink that takes no logs': [
    changed('[edited]', '[edited]\n  numbers: { type: gather, inputs: [dead_letters, count] }').replace(
      'include: [a.log] }',
      'include: [a.log] }\n  count: { type: counter }',
    ),
    'p.yaml:13:37 sinks.numbers.inputs[0]: dead letters are logs, but gather takes metrics and traces',
  ],
  'a cycle': [
    changed('transforms:', 'transforms:\n  again: { type: edit, inputs: [edited] }').replace(
      'inputs: app',
      'inputs: [app, again]',
    ),
    'p.yaml:5:33 transforms.again.inputs: the components feed each other in a circle: again → edited → again',
  ],
  'a transform that reads itself': [
    changed('inputs: app', 'inputs: [app, edited]'),
    'p.yaml:7:19 transforms.edited.inputs: the components feed each other in a circle: edited → edited',
  ],
  'a source that nobody reads': [
    changed('include: [a.log] }', 'include: [a.log] }\n  more: { type: tail, include: [b.log] }'),
    'p.yaml:4:3 sources.more: no component reads the source "more", expected its id among the inputs of another component',
  ],
  'a transform that nobody reads': [
    changed('[edited]', '[app]'),
    'p.yaml:5:3 transforms.edited: no component reads the transform "edited", expected its id among the inputs of another component',
  ],
  'the same id in one section': [
    changed('include: [a.log] }', 'include: [a.log] }\n  app: { type: tail, include: [b.log] }'),
    'p.yaml:4:3 sources.app: "app" stands twice, first at p.yaml:3:3',
  ],
  'the same id in two sections': [
    `${GOOD}  app:\n    type: print\n    inputs: [edited]\n`,
    'p.yaml:12:3 sinks.app: the id "app" is taken by sources.app at p.yaml:3:3',
  ],
  'an id with other characters': [
    GOOD.replaceAll('edited', '"a/b"'),
    'p.yaml:5:3 transforms.a/b: "a/b" is no id, expected up to 64 letters, digits, "_" and "-", not beginning with "-"',
  ],
  'a missing variable': [
    changed('a.log', `"\${LOGS}"`),
    'p.yaml:3:32 sources.app.include[0]: variable LOGS is not set',
  ],
  'a missing variable with a message': [
    changed('a.log', `"\${LOGS:?name the folder}"`),
    'p.yaml:3:32 sources.app.include[0]: variable LOGS is not set: name the folder',
  ],
  'an empty variable with a message': [
    changed('a.log', `"\${LOGS:?name the folder}"`),
    'p.yaml:3:32 sources.app.include[0]: variable LOGS is empty: name the folder',
    { LOGS: '' },
  ],
  'a variable with a faulty name': [
    changed('a.log', `"\${LOGS-x}"`),
    `p.yaml:3:32 sources.app.include[0]: "\${LOGS-x}" is no variable, expected \${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH}`,
  ],
  'a variable that is not closed': [
    changed('a.log', `"\${LOGS"`),
    `p.yaml:3:32 sources.app.include[0]: "\${" is not closed, expected \${NAME}, or $\${ for the characters themselves`,
  ],
  'a missing file': [
    changed('a.log', `"\${file:secrets/none}"`),
    'p.yaml:3:32 sources.app.include[0]: file secrets/none cannot be read (ENOENT)',
  ],
  'a value of a variable is not shown': [
    changed('[a.log]', `[a.log], port: "\${PORT}"`),
    'p.yaml:3:46 sources.app.port: does not fit (filled in by a variable), expected a whole number from 1 to 65535',
    { PORT: 'hush' },
  ],
  'a fault that the plugin finds': [
    changed('type: edit', 'type: edit\n    labels: { bad: apple }'),
    'p.yaml:7:20 transforms.edited.labels.bad: must not be apple',
  ],
  'a secret in a message of the plugin': [
    changed('type: edit', `type: edit\n    labels: { bad: "\${MY_TOKEN}" }`),
    'p.yaml:7:20 transforms.edited.labels.bad: must not be ***',
    { MY_TOKEN: 'hush' },
  ],
  'a secret in a message that quotes it': [
    changed('type: edit', `type: edit\n    labels: { quoted: "\${MY_TOKEN}" }`),
    'p.yaml:7:23 transforms.edited.labels.quoted: must not be "***", nor ***, nor http://a:***@b/',
    { MY_TOKEN: 'a "b"/c\n' },
  ],
  'a plugin that throws': [
    changed('type: edit', 'type: edit\n    labels: { worse: apple }'),
    'p.yaml:5:3 transforms.edited: cannot be created: out of luck',
  ],
  'faulty YAML': [
    'sources: [\n',
    'p.yaml:2:1 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  'a variable in a flow list without quotes': [
    changed('a.log', `\${LOGS}`),
    `p.yaml:3:33 not YAML: Missing , or : between flow sequence items (inside [ ] and { }, put "\${…}" in quotes)`,
  ],
  'a variable in a flow map without quotes': [
    changed('[edited]\n', `[edited]\n    queue: { max_bytes: \${Q} }\n`),
    `p.yaml:12:26 not YAML: Unexpected flow-map-start at node end (inside [ ] and { }, put "\${…}" in quotes)`,
  ],
  'an alias of nothing': [
    changed('[a.log]', '[*.log]'),
    'p.yaml:3:32 sources.app.include[0]: there is no anchor "&.log" above, expected quotes around a text that begins with *',
  ],
  'a tag': [
    changed('type: edit', 'type: edit\n    labels: { a: !env NAME }'),
    `p.yaml:7:18 "!env" is no tag that is known, expected a value without one ("\${NAME}" fills in a variable), or quotes around a text that begins with !`,
  ],
  'a merge of what is no map': [
    changed('type: edit', 'type: edit\n    labels: { <<: [a] }'),
    'p.yaml:7:19 transforms.edited.labels.<<: is no map, expected a map, an alias of one (*name), or a list of them',
  ],
  'a number that JSON cannot hold': [
    changed('type: edit', 'type: edit\n    value: 1e400'),
    'p.yaml:7:12 transforms.edited.value: is no number that JSON can hold',
  ],
  'two documents': [
    `${GOOD}---\na: 1\n`,
    'p.yaml:12:1 a second YAML document begins here ("---"), expected one per file',
  ],
  'a file that is a list': ['- a\n', 'p.yaml:1:1 the file is a list, expected a pipeline'],
  'an address that is none': [
    `metrics:\n  address: here\n${GOOD}`,
    'p.yaml:2:12 metrics.address: "here" is no address, expected host:port or unix:PATH',
  ],
  'tests that are no list': [`${GOOD}tests: none\n`, 'p.yaml:12:8 tests: is the text "none", expected a list'],
  'a test without a name': [
    `${GOOD}tests: [{ input: { raw: x }, expect: { events: [] } }]\n`,
    'p.yaml:12:9 tests[0].name: is missing, expected text that is not empty',
  ],
  'a test without input': [
    `${GOOD}tests: [{ name: a, expect: { events: [] } }]\n`,
    'p.yaml:12:9 tests[0].input: is missing, expected one of raw, raw_base64, events',
  ],
  'a test with two inputs': [
    `${GOOD}tests: [{ name: a, input: { raw: x, events: [] }, expect: { events: [] } }]\n`,
    'p.yaml:12:27 tests[0].input: has raw and events, expected one of raw, raw_base64, events',
  ],
  'a test that expects nothing': [
    `${GOOD}tests: [{ name: a, input: { raw: x } }]\n`,
    'p.yaml:12:9 tests[0].expect: expects nothing, expected one or more of events, requests, discarded, dead_letters',
  ],
  'a test of an unknown component': [
    `${GOOD}tests: [{ name: a, component: edit, input: { raw: x }, expect: { events: [] } }]\n`,
    'p.yaml:12:31 tests[0].component: unknown component "edit", expected one of edited, out, did you mean "edited"?',
  ],
  'a test of one of several sinks': [
    `${GOOD}  more: { type: print, inputs: [edited] }\ntests: [{ name: a, input: { raw: x }, expect: { events: [] } }]\n`,
    'p.yaml:13:9 tests[0].sink: the pipeline has 2 sinks, expected "sink" to name one of out, more',
  ],
};

describe('a message for', () => {
  test.each(Object.entries(messages))('%s', async (_, [text, message, env]) => {
    expect(await problemsOf(text, env)).toEqual([message]);
  });

  test('an empty file', async () => {
    const expected = [
      'p.yaml:1:1 sources: the pipeline has no sources, expected at least one',
      'p.yaml:1:1 sinks: the pipeline has no sinks, expected at least one',
    ];
    expect(await problemsOf('')).toEqual(expected);
    expect(await problemsOf('sources:\nsinks: {}\n')).toEqual(expected);
  });

  test('a file that is not there', async () => {
    const { problems } = await loadPipeline({ files: ['none.yaml'], env: {}, plugins: pluginEntries(plugins), cwd });
    expect(problems.map(printProblem)).toEqual(['none.yaml:1:1 there is no such file']);
  });

  test('a folder', async () => {
    const { problems } = await loadPipeline({ files: ['.'], env: {}, plugins: pluginEntries(plugins), cwd });
    expect(problems.map(printProblem)).toEqual(['.:1:1 the file cannot be read (EISDIR)']);
  });

  test('text that is no YAML, once and not for all that follows', async () => {
    const problems = await problemsOf(`sources: {\n}}\n${'more: { of: [this, that] }\n'.repeat(100)}`);
    expect([problems.length, problems[0]]).toEqual([
      3,
      'p.yaml:2:2 not YAML: Unexpected flow-map-end token in YAML stream: "}"',
    ]);
  });

  test('each of several faults, in the order of the file', async () => {
    const text = changed('type: print', 'type: prnt')
      .replace('type: edit', 'type: edit\n    feild: a\n    mode: kep')
      .replace('[a.log]', '[a.log], every: 3');
    expect(await problemsOf(text)).toEqual([
      'p.yaml:3:47 sources.app.every: is the number 3, expected a duration such as 250ms, 30s, 5m, 2h or 7d',
      'p.yaml:7:5 transforms.edited.feild: unknown option, did you mean "field"?',
      'p.yaml:8:11 transforms.edited.mode: is the text "kep", expected one of keep, drop, did you mean "keep"?',
      'p.yaml:12:11 sinks.out.type: unknown sink type "prnt", expected one of print, gather, did you mean "print"?',
    ]);
  });
});
