import { object } from '@tailrace/core';
import { pipelineSettings, sinkSettings, testSchema } from '@tailrace/runner';
import { optionsTable } from './options.ts';
import { GENERATED } from './plugin-page.ts';

/** The page about pipeline files. */
export function pipelinePage(): string {
  const parts = [
    '# Pipeline files',
    GENERATED,
    `A pipeline is one YAML file or several that are given together: \`tailrace run sources.yaml sinks.yaml\`. Components and tests add up, a
setting stands in one of the files. \`tailrace validate\` says everything that is wrong with them, each with its place. A file may also be
[TypeScript](../config-as-code.md).`,
    `\`\`\`yaml
data_dir: /var/lib/tailrace
sources:
  app:
    type: file
    include: [/var/log/app/*.log]
transforms:
  record:
    type: unpack
    inputs: app
sinks:
  search:
    type: elasticsearch
    inputs: [record]
    nodes: ["\${ES_URL:-http://localhost:9200}"]
\`\`\``,
    `An editor that knows JSON Schema helps to write them: put \`# yaml-language-server: $schema=pipeline.schema.json\` into the first line
and write the file with \`tailrace schema > pipeline.schema.json\` ([as it is now](pipeline.schema.json)).`,
    '## Settings',
    optionsTable(pipelineSettings.json),
    '## Components',
    `Each component stands under its id: up to 64 letters, digits, \`_\` and \`-\`, unique over sources, transforms and sinks. \`type\` names the
plugin: one of [these](README.md), or [one of your own](../write-a-plugin.md), \`./my-plugin.ts\` or \`package/name\`. Transforms and sinks have \`inputs\`: the id of a source or transform, or a list of them; \`*\` stands for any characters. What is
sent to several components reaches each of them. Of a transform with named outputs ([\`route\`](transforms/route.md)) one of them is named: \`router.errors\`. A sink that names \`dead_letters\` takes
[refused events](../dead-letters.md). Paths in options are relative to the file that they stand in.`,
    '### Options of every sink',
    optionsTable(object(sinkSettings).json),
    '## Variables',
    `| written | becomes |
|---|---|
| \`\${NAME}\` | the environment variable; it is an error when it is not set |
| \`\${NAME:-text}\` | the text when the variable is not set or empty; variables in the text are filled in |
| \`\${NAME:?message}\` | an error with the message when the variable is not set or empty |
| \`\${file:/run/secrets/x}\` | the content of the file, without one newline at its end |
| \`$$\` | a dollar sign |`,
    `Variables are filled in after the YAML is parsed, so a value cannot alter the structure of the file. An unquoted one takes the type
that the option wants. Inside \`[ ]\` and \`{ }\` it has to stand in quotes. No message shows the value of a variable whose name speaks of
a password (pass, pw), secret, token, key, credential or auth, nor what came from a file. Tests are left as they are written.`,
    `Anchors (\`&name\`), aliases (\`*name\`) and merge keys (\`<<: *name\`, \`<<: [*one, *two]\`) repeat a part of a file; what a map has itself
stays, and of several maps the first counts. Tags (\`!name\`) are refused.`,
    '## Field paths',
    `| written in YAML | names |
|---|---|
| \`user.name\` | the member \`name\` of the object \`user\` |
| \`'"user.name"'\` | the member whose key is \`user.name\`, dot and all |
| \`'kubernetes.labels."app.kubernetes.io/name"'\` | a member of \`kubernetes.labels\` |
| \`'spans[0].name'\` | a member of the first item of the list \`spans\` |`,
    `A key that holds a dot, a quote, \`[\`, \`]\` or white space is written as a JSON string, quotes and all, so in YAML the whole path stands in
single quotes. \`{"user": {"name": …}}\` and \`{"user.name": …}\` are different fields: where a log writes now the one and now the other, name both.`,
    '## Tests',
    `Tests stand under \`tests\`, in the pipeline file or in \`x.test.yaml\` beside \`x.yaml\`. \`tailrace test\` runs them in the real engine: only the
source and the sending are replaced. A tested source reads at 2026-01-01T00:00:00Z, and its stream is called \`TailraceTest0000\`, so that
times and ids are the same in each run.`,
    optionsTable(testSchema.json),
    `\`\`\`yaml
tests:
  - name: a container line is unpacked
    input:
      path: /var/log/containers/web-1_shop_web-5f3e0c1d9b7a48266e40f1c2d3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4938.log
      raw: |
        2026-11-20T10:00:00.123456789Z stdout F {"level":"INFO"}
    expect:
      match: contains
      events:
        - { level: INFO, kubernetes: { namespace_name: shop } }
\`\`\``,
  ];
  return `${parts.join('\n\n')}\n`;
}
