import { ConfigError, type PluginContext, readFieldFile } from '@tailrace/core';
import { parse } from 'yaml';
import { indexTarget } from './index-name.ts';
import type { ElasticsearchConfig } from './options.ts';
import type { Product } from './product.ts';
import { elasticsearchTemplate, type IndexTemplate } from './template.ts';

/** An index template as the sink puts it. */
export interface NamedTemplate {
  readonly name: string;
  /** What is put: the servers differ in their field types. */
  bodyFor(product: Product): IndexTemplate;
  /** Whether it replaces one that is newer or not made by tailrace. */
  readonly overwrite: boolean;
}

/** The index template that a sink with these options puts at start, or `null` when it puts none; throws {@link ConfigError}. */
export function sinkTemplate(
  config: ElasticsearchConfig,
  context: Pick<PluginContext, 'resolvePath'>,
): NamedTemplate | null {
  const { pattern, dataStream } = indexTarget(config);
  const { enabled, fields, name, priority, version, ignore_above, settings, flattened, overwrite } = config.template;
  const fieldFile =
    fields === undefined ? { fields: [] } : readFieldFile(fields, ['template', 'fields'], context, parse);
  if (!enabled) return null;
  if (pattern.startsWith('*')) {
    throw new ConfigError(
      ['index'],
      'must begin with fixed text, or its template would be for every index: add some, or set `template.enabled: false`',
    );
  }
  const options = {
    indexPatterns: [pattern],
    dataStream,
    priority,
    version,
    ignoreAbove: ignore_above,
    settings,
    flattened,
  };
  const bodyFor = (product: Product) => elasticsearchTemplate(fieldFile, { ...options, product });
  return { name: name ?? nameOf(pattern), bodyFor, overwrite };
}

function nameOf(pattern: string): string {
  return `tailrace-${pattern.replace(/[-_.]*[*]/g, '')}`;
}
