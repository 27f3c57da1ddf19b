import { anything, boolean, integer, list, map, object, string } from '@tailrace/core';

/** The options of the index template, as they stand under `template`. */
export const templateOptions = object(
  {
    enabled: boolean({ default: true, description: 'Put the index template at start, when it is absent or older.' }),
    fields: string({ description: 'Field file that declares the types; undeclared text is `keyword` in any case.' }),
    name: string({ minLength: 1, description: 'Name of the template; `tailrace-` and the index pattern unless set.' }),
    priority: integer({
      default: 200,
      minimum: 0,
      description: 'Which template wins; the ones Elasticsearch brings for `logs-*-*` have 100.',
    }),
    version: integer({
      default: 1,
      minimum: 1,
      description: 'Version of the template; one with a higher version in the cluster is left alone.',
    }),
    ignore_above: integer({
      default: 1024,
      minimum: 1,
      maximum: 8191,
      description:
        'Text longer than so many characters is stored, but not indexed, in `keyword` and `flattened` fields.',
    }),
    settings: map(anything({ description: 'Value of the setting.' }), {
      default: {},
      description: 'Index settings, such as `index.number_of_shards` or `index.mapping.total_fields.limit`.',
    }),
    flattened: list(string({ minLength: 1, description: 'Path of the field, with dots.' }), {
      default: ['_overflow'],
      description:
        'Further fields that are one `flattened` field each, such as the `overflow` key of the `fields` transform.',
    }),
    overwrite: boolean({
      default: false,
      description: 'Replace a template of that name even when it is newer or not made by tailrace.',
    }),
  },
  { description: 'The index template that gives fields their types.' },
);
