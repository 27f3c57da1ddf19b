import { createHash } from 'node:crypto';
import type { Field, FieldFile } from '@tailrace/core';
import type { Product } from './product.ts';

/** What an index template is made for; everything has a default. */
export interface TemplateOptions {
  /** Indices or data streams it is for; default `['logstash-*']`. */
  readonly indexPatterns?: readonly string[];
  readonly dataStream?: boolean;
  /** Default 200: above the templates that Elasticsearch brings for `logs-*-*`, which have 100. */
  readonly priority?: number;
  readonly version?: number;
  /** Longest text that `keyword` and `flattened` fields index, in characters; default 1,024. */
  readonly ignoreAbove?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Further fields, dotted, that are one `flattened` field each. */
  readonly flattened?: readonly string[];
  /** Whose server it is for; default `elasticsearch`. */
  readonly product?: Product;
}

/** What the mapping of a field depends on besides its declaration. */
interface Limits {
  readonly ignoreAbove: number;
  readonly product: Product;
}

type Mapping = Readonly<Record<string, unknown>>;

/** A composable index template (`PUT _index_template`, Elasticsearch 7.8 and later, OpenSearch). */
export interface IndexTemplate {
  readonly index_patterns: readonly string[];
  readonly priority: number;
  readonly version: number;
  readonly data_stream?: object;
  readonly template: { readonly settings: Readonly<Record<string, unknown>>; readonly mappings: Mapping };
  readonly _meta: { readonly managed_by: 'tailrace'; readonly description: string; readonly hash: string };
}

interface PropertyTree {
  mapping?: Mapping;
  members: Map<string, PropertyTree>;
}

const TOTAL_FIELDS = 'index.mapping.total_fields.limit';
const DEFAULT_TOTAL_FIELDS = 1000;

/**
 * The index template of declared fields: their types, `keyword` for all other text, `double` for all other numbers, no dates guessed from
 * text. `_meta.hash`
 * tells whether a template in the cluster is the same.
 */
export function elasticsearchTemplate(fieldFile: FieldFile, options: TemplateOptions = {}): IndexTemplate {
  const limits: Limits = { ignoreAbove: options.ignoreAbove ?? 1024, product: options.product ?? 'elasticsearch' };
  const root: PropertyTree = { members: new Map() };
  // Elasticsearch gives @timestamp no type of its own; as a string it would become a keyword here.
  place(root, ['@timestamp'], { type: 'date' });
  for (const name of options.flattened ?? []) place(root, name.split('.'), flattened(limits));
  for (const field of fieldFile.fields) place(root, stepsOf(field), mappingOf(field, limits));
  const content = {
    index_patterns: options.indexPatterns ?? ['logstash-*'],
    priority: options.priority ?? 200,
    ...(options.dataStream && { data_stream: {} }),
    template: {
      settings: { ...totalFields(root), ...options.settings },
      mappings: {
        date_detection: false,
        dynamic_templates: dynamicTemplates(limits.ignoreAbove),
        properties: properties(root),
      },
    },
  };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
  const description = 'Field types for the logs that tailrace sends.';
  return { ...content, version: options.version ?? 1, _meta: { managed_by: 'tailrace', description, hash } };
}

/**
 * Types of undeclared fields. Numbers are all `double`: otherwise two requests at once, one with 1 and one with 1.5, have one of them
 * refused, and a field that was seen as 1 first has 1.5 indexed as 1.
 */
function dynamicTemplates(ignoreAbove: number): readonly object[] {
  return [
    { text: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: ignoreAbove } } },
    { integers: { match_mapping_type: 'long', mapping: { type: 'double' } } },
    { fractions: { match_mapping_type: 'double', mapping: { type: 'double' } } },
  ];
}

/** Elasticsearch reads a dot in a key as a level of its own. */
function stepsOf(field: Field): string[] {
  return field.path.steps.flatMap((step) => String(step).split('.'));
}

function mappingOf(field: Field, limits: Limits): Mapping {
  switch (field.type) {
    case 'keyword':
      return { type: 'keyword', ignore_above: field.ignoreAbove ?? limits.ignoreAbove };
    case 'flattened':
      return flattened(limits);
    default:
      return { type: field.type };
  }
}

/**
 * Without `ignore_above` one leaf beyond 32,766 bytes, Lucene's longest term, has the whole document refused. `flat_object`, which
 * OpenSearch has had since 2.7, takes no such option, nor any other.
 */
function flattened({ ignoreAbove, product }: Limits): Mapping {
  return product === 'opensearch' ? { type: 'flat_object' } : { type: 'flattened', ignore_above: ignoreAbove };
}

function place(root: PropertyTree, steps: readonly string[], mapping: Mapping): void {
  let at = root;
  for (const step of steps) {
    let next = at.members.get(step);
    if (!next) {
      next = { members: new Map() };
      at.members.set(step, next);
    }
    at = next;
  }
  at.mapping = mapping;
}

function properties(tree: PropertyTree): Mapping {
  return Object.fromEntries(
    [...tree.members].map(([name, member]) => [
      name,
      member.members.size > 0 ? { ...member.mapping, properties: properties(member) } : member.mapping,
    ]),
  );
}

function count(tree: PropertyTree): number {
  return [...tree.members.values()].reduce((sum, member) => sum + 1 + count(member), 0);
}

/** Leaves half of the usual limit to undeclared fields. */
function totalFields(root: PropertyTree): Readonly<Record<string, unknown>> {
  const declared = count(root);
  return declared <= DEFAULT_TOTAL_FIELDS / 2 ? {} : { [TOTAL_FIELDS]: declared + DEFAULT_TOTAL_FIELDS / 2 };
}
