import path from 'node:path';
import { sinkTemplate } from '@tailrace/elasticsearch';
import type { ComponentConfig } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText } from '../pipeline.ts';

type SinkOptions = Parameters<typeof sinkTemplate>[0];

/** What the command line says: which sink, and whether the template is for OpenSearch. */
export interface TemplateCommandOptions {
  sink?: string;
  opensearch?: boolean;
}

/** `tailrace elasticsearch template`: the index template that a sink of the pipeline puts, as JSON. */
export async function templateCommand(
  files: readonly string[],
  { sink: wanted, opensearch = false }: TemplateCommandOptions,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  const sinks = config.components.filter(isElasticsearch);
  const ids = sinks.map(({ id }) => id).join(', ');
  const sink = wanted === undefined && sinks.length === 1 ? sinks[0] : sinks.find(({ id }) => id === wanted);
  if (!sink) {
    const which = sinks.length === 0 ? 'the pipeline has no elasticsearch sink' : `name one with --sink: ${ids}`;
    stderr.write(`tailrace: ${wanted === undefined ? '' : `"${wanted}" is no elasticsearch sink; `}${which}\n`);
    return EXIT.usage;
  }
  // The loader has checked the options against the declaration of this very sink.
  const template = sinkTemplate(sink.config as SinkOptions, { resolvePath: (file) => path.resolve(sink.folder, file) });
  if (!template) {
    stderr.write(`tailrace: ${sink.id} puts no template: template.enabled is false\n`);
    return EXIT.ok;
  }
  const product = opensearch ? 'opensearch' : 'elasticsearch';
  stderr.write(`PUT _index_template/${template.name}\n`);
  await write(stdout, `${JSON.stringify(template.bodyFor(product), null, 2)}\n`);
  return EXIT.ok;
}

function isElasticsearch({ declaration }: ComponentConfig): boolean {
  return declaration.kind === 'sink' && declaration.type === 'elasticsearch';
}
