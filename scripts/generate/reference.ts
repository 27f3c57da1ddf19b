import type { PluginDeclaration } from '@tailrace/core';
import { plugins as datadog } from '@tailrace/datadog';
import { plugins as elasticsearch } from '@tailrace/elasticsearch';
import { plugins as local } from '@tailrace/local';
import { plugins as otlp } from '@tailrace/otlp';
import { pipelineSchema } from '@tailrace/runner';
import { plugins as std } from '@tailrace/std';
import { createProgram } from '../../packages/cli/src/program.ts';
import { openApiOf } from '../../packages/local/src/api/open-api.ts';
import { ROUTES } from '../../packages/local/src/api/routes.ts';
import { pipelinePage } from '../reference/pipeline-page.ts';
import { GENERATED, pagePath, pluginPage } from '../reference/plugin-page.ts';

const FOLDER = 'docs/reference';
const KINDS = { source: 'Sources', transform: 'Transforms', sink: 'Sinks' } as const;

/** docs/reference: a page per plugin, one about pipeline files, one about the command, the schema for editors, and the API of the local store. */
export function files(): Record<string, string> {
  const plugins = [...std, ...elasticsearch, ...datadog, ...otlp, ...local];
  const pages = plugins.map((plugin) => [`${FOLDER}/${pagePath(plugin)}`, pluginPage(plugin)] as const);
  return {
    ...Object.fromEntries(pages),
    [`${FOLDER}/README.md`]: indexPage(plugins),
    [`${FOLDER}/pipeline.md`]: pipelinePage(),
    [`${FOLDER}/command.md`]: commandPage(),
    [`${FOLDER}/openapi.json`]: `${JSON.stringify(openApiOf(ROUTES), null, 2)}\n`,
    [`${FOLDER}/pipeline.schema.json`]: `${JSON.stringify(pipelineSchema(plugins), null, 2)}\n`,
  };
}

function indexPage(plugins: readonly PluginDeclaration[]): string {
  const lists = Object.entries(KINDS).map(([kind, title]) => {
    const items = plugins
      .filter((plugin) => plugin.kind === kind)
      .map((plugin) => `- [\`${plugin.type}\`](${pagePath(plugin)}): ${plugin.summary}`);
    return `## ${title}\n\n${items.join('\n')}`;
  });
  const others = [
    '- [Pipeline files](pipeline.md): settings, components, variables, tests',
    '- [The command](command.md)',
    '- [The API of the local store](openapi.json), by OpenAPI 3.1 ([how to use it](../api.md))',
    '- [Error codes](../errors.md)',
  ];
  return `${['# Reference', GENERATED, others.join('\n'), ...lists].join('\n\n')}\n`;
}

function commandPage(): string {
  const program = createProgram(process.stdout, process.stderr);
  const helps = [
    program,
    ...program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command])),
  ];
  const parts = helps.map((command) => {
    let text = '';
    command.configureOutput({
      writeOut: (more) => (text += more),
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    });
    command.outputHelp();
    const name = command === program ? 'tailrace' : text.replace(/^Usage: (tailrace(?: [a-z][a-z-]*)+)[\s\S]*$/, '$1');
    return `## \`${name}\`\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\``;
  });
  const colors =
    'Results go to standard output, everything else to standard error. Colours are used on a terminal, unless `NO_COLOR` is set. Compiled JavaScript is kept in `$XDG_CACHE_HOME/tailrace` or `~/.cache/tailrace`, where that folder is of the user’s own, so that the next start is shorter (it may be deleted at any time); `NODE_COMPILE_CACHE` names another folder, and `NODE_DISABLE_COMPILE_CACHE=1` turns that off.';
  return `${['# The command', GENERATED, colors, ...parts].join('\n\n')}\n`;
}
