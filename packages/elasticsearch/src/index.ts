import type { PluginDeclaration } from '@tailrace/core';
import { elasticsearch } from './elasticsearch.ts';

export { elasticsearch } from './elasticsearch.ts';
export { type NamedTemplate, sinkTemplate } from './sink-template.ts';
export { elasticsearchTemplate, type IndexTemplate, type TemplateOptions } from './template.ts';

/** The plugins of this package. */
export const plugins: readonly PluginDeclaration[] = [elasticsearch];
