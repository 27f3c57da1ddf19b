import { bytes, fieldPath, type Infer, integer, list, map, object, oneOf, string } from '@tailrace/core';

const FORMATS = ['regex', 'grok', 'logfmt', 'key_value', 'csv', 'syslog', 'klog', 'combined'] as const;

/** Options of the parse transform; those that only some formats know have no default, so that one that does nothing is an error. */
export const parseOptions = object({
  field: fieldPath({ default: 'log', description: 'The field that holds the text.' }),
  format: oneOf(FORMATS, { required: true, description: 'How the text is written.' }),
  patterns: list(string({ minLength: 1, description: 'A pattern.' }), {
    minItems: 1,
    maxItems: 100,
    description:
      'For `regex` regular expressions with named groups, for `grok` such with names such as `%{IP:client}` and `%{NUMBER:bytes:int}`: tried in their order, each anywhere in the text.',
    examples: [['^(?<level>[A-Z]+) (?<message>.*)$']],
  }),
  definitions: map(string({ minLength: 1, description: 'What the name stands for.' }), {
    description: 'Names of your own for `grok`; they come before those that are known.',
  }),
  columns: list(string({ minLength: 1, description: 'A field path.' }), {
    minItems: 1,
    maxItems: 1000,
    description: 'The columns of `csv` in their order; one called `-` is left out.',
  }),
  delimiter: string({
    minLength: 1,
    maxLength: 10,
    description: 'What stands between two values of `csv`; by default a comma.',
  }),
  pair_separator: string({
    minLength: 1,
    maxLength: 10,
    description: 'What stands between two pairs of `key_value`; by default white space.',
  }),
  key_separator: string({
    minLength: 1,
    maxLength: 10,
    description: 'What stands between key and value of `key_value`; by default `=`.',
  }),
  quotes: string({
    maxLength: 10,
    description:
      'The character that may quote a value of `csv`, where it is doubled inside; the characters that may quote one of `key_value`, where a backslash hides them. By default `"`.',
  }),
  bare_words: oneOf(['member', 'ignore', 'misfit'], {
    description:
      'What a word without a value is, for `logfmt` and `key_value`: a member that is true (the default), nothing, or a sign that the text does not fit.',
  }),
  into: fieldPath({
    default: 'root',
    description: 'The field that takes what was found, as its members; `root` is the event itself.',
  }),
  on_conflict: oneOf(['inner_wins', 'outer_wins', 'rename'], {
    default: 'inner_wins',
    description:
      'What happens to a member that was found whose key is there already: it takes the place, is left out, or becomes `<field>_<key>`, with `<field>_` as often in front as makes a name that is free.',
  }),
  protect: list(string({ description: 'A key.' }), {
    default: ['kubernetes', 'docker', '@timestamp'],
    description: 'Keys of the event that stay under `inner_wins`: they say where the line comes from.',
  }),
  keep_original: oneOf(['never', 'on_error', 'always'], {
    default: 'on_error',
    description: 'Whether the text stays in its field; `never` removes it even where it could not be parsed.',
  }),
  on_error: oneOf(['keep', 'dead_letter', 'drop'], {
    default: 'keep',
    description: 'What becomes of an event whose text does not have the format.',
  }),
  error_field: fieldPath({
    description: 'The field that says, in an event that is kept, why its text could not be parsed.',
  }),
  time_field: string({
    description:
      'The field among those found that holds the time of the line: it becomes `@timestamp`. By default `timestamp` for `syslog`, `klog` and `combined`, none for the others; an empty text switches it off.',
  }),
  time_formats: list(
    string({
      minLength: 1,
      description: 'A word or a pattern, as for `parse_timestamp` of `modify`.',
      examples: ['%Y-%m-%d %H:%M:%S,%f'],
    }),
    {
      minItems: 1,
      description:
        'How that time is written, tried in their order; by default what the format has, else `rfc3339`. Without a year it is the one that is nearest to the event’s own time.',
    },
  ),
  timezone: string({
    default: 'UTC',
    minLength: 1,
    description: 'Where a time without a zone was told: a name of the IANA database, or an offset such as `+02:00`.',
  }),
  max_bytes: bytes({ default: '64KiB', description: 'Longest text that is parsed; at most 4MiB.' }),
  max_fields: integer({
    default: 1000,
    minimum: 1,
    description: 'Most members that a text may have, for `logfmt`, `key_value` and the structured data of `syslog`.',
  }),
});

export type ParseOptions = Infer<typeof parseOptions>;
