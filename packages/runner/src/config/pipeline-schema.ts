import type { JsonSchema, PluginDeclaration } from '@tailrace/core';
import { pipelineSettings } from '../options.ts';
import { schemaOf } from './check-component.ts';
import { testSchema } from './test-config.ts';

/** The JSON Schema of a pipeline file, for editors; every value may also be a variable. */
export function pipelineSchema(
  declarations: readonly PluginDeclaration[],
): JsonSchema & { $schema: string; title: string } {
  const components = (kind: PluginDeclaration['kind'], description: string): JsonSchema => ({
    type: 'object',
    description,
    additionalProperties: {
      anyOf: [
        ...declarations
          .filter((declaration) => declaration.kind === kind)
          .toSorted((a, b) => (a.type < b.type ? -1 : 1))
          .map(componentSchema),
        foreignSchema(kind),
      ],
    },
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'tailrace pipeline',
    type: 'object',
    properties: {
      sources: components('source', 'Where events come from, by id.'),
      transforms: components('transform', 'What is done with them, by id.'),
      sinks: components('sink', 'Where they go, by id.'),
      ...withVariables(pipelineSettings.json).properties,
      tests: { type: 'array', description: 'Tests, run by `tailrace test`.', items: testSchema.json },
    },
    additionalProperties: false,
  };
}

const ID: JsonSchema = {
  type: 'string',
  description:
    'The id of a source or transform, or one of its named outputs (`router.errors`); "*" stands for any characters.',
};

const INPUTS: JsonSchema = { anyOf: [{ type: 'array', items: ID, minItems: 1 }, ID], description: 'What it reads.' };

/** A component whose plugin stands in a module of its own: what its options are is known only there. */
function foreignSchema(kind: PluginDeclaration['kind']): JsonSchema {
  const type: JsonSchema = {
    type: 'string',
    pattern: '/',
    description: `A ${kind} of one's own: \`./plugin.ts\`, or \`package/name\`.`,
  };
  const inputs = kind === 'source' ? {} : { inputs: INPUTS };
  return { type: 'object', properties: { type, ...inputs }, required: ['type', ...Object.keys(inputs)] };
}

function componentSchema(declaration: PluginDeclaration): JsonSchema {
  const { properties = {}, required = [], ...rest } = schemaOf(declaration);
  const { inputs: _, type: __, ...options } = properties;
  const reads: Record<string, JsonSchema> = declaration.kind === 'source' ? {} : { inputs: INPUTS };
  return {
    ...rest,
    description: declaration.summary,
    properties: {
      type: { enum: [declaration.type], description: declaration.summary },
      ...reads,
      ...withVariables({ properties: options }).properties,
    },
    required: ['type', ...Object.keys(reads), ...required],
  };
}

const VARIABLE: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** The schema, with a text that holds a variable allowed in place of every number, word and pattern. */
function withVariables(schema: JsonSchema): JsonSchema {
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(([key, inner]) => [key, withVariables(inner)] as const);
    return { ...schema, properties: Object.fromEntries(properties) };
  }
  if (schema.items) return { ...schema, items: withVariables(schema.items) };
  if (typeof schema.additionalProperties === 'object') {
    return { ...schema, additionalProperties: withVariables(schema.additionalProperties) };
  }
  const fixed = schema.enum ?? schema.pattern ?? (schema.type === 'string' ? undefined : schema.type);
  if (fixed === undefined) return schema;
  const { description, default: byDefault, examples, ...inner } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    ...(examples === undefined ? {} : { examples }),
    anyOf: [inner, VARIABLE],
  };
}
