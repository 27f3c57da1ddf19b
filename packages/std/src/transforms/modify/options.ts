import { anything, boolean, fieldPath, type Infer, integer, list, object, oneOf, secret, string } from '@tailrace/core';

const field = (description: string) => fieldPath({ required: true, description });
const fields = (description: string) =>
  list(fieldPath({ description: 'A field.' }), { required: true, minItems: 1, description });
const target = fieldPath({ description: 'The field that takes the result; by default `field` itself.' });
const then = ['skip', 'dead_letter'] as const;

const structure = {
  set: object(
    {
      field: field('The field that is set.'),
      value: anything({ required: true, description: 'Its value: text, a number, true, false, null, a list or keys.' }),
    },
    { description: 'Give a field a value.' },
  ),
  default: object(
    {
      field: field('The field that may be missing.'),
      value: anything({ required: true, description: 'The value that it gets.' }),
    },
    { description: 'Give a field a value where it is missing or null.' },
  ),
  rename: object(
    { from: field('The field as it is called now.'), to: field('Its new name; what stands there is replaced.') },
    { description: 'Move a field, with all that is in it.' },
  ),
  copy: object(
    { from: field('The field that is copied.'), to: field('The field that takes it; what stands there is replaced.') },
    { description: 'Copy a field, with all that is in it.' },
  ),
  remove: object({ fields: fields('Fields that are removed.') }, { description: 'Remove fields.' }),
};

const texts = {
  lower: object({ fields: fields('Texts, or lists of texts.') }, { description: 'Turn letters into small ones.' }),
  upper: object({ fields: fields('Texts, or lists of texts.') }, { description: 'Turn letters into capitals.' }),
  split: object(
    {
      field: field('The text.'),
      separator: string({ default: ',', minLength: 1, description: 'What stands between two pieces.' }),
      to: target,
      trim: boolean({ default: false, description: 'Whether white space around each piece is cut off.' }),
      drop_empty: boolean({ default: false, description: 'Whether empty pieces are left out.' }),
      limit: integer({
        minimum: 1,
        description: 'Most pieces; the last one takes the rest of the text, with its separators.',
      }),
    },
    { description: 'Cut a text into a list of texts.' },
  ),
  join: object(
    {
      field: field('The list; its items are texts, numbers, true or false, and null, which is left out.'),
      separator: string({ default: ',', description: 'What is put between two items.' }),
      to: target,
    },
    { description: 'Make one text of a list; numbers keep their digits.' },
  ),
};

const times = {
  parse_timestamp: object(
    {
      field: field('The text or number that tells a time.'),
      formats: list(
        string({ minLength: 1, description: 'One of the words, or a pattern with `%`.', examples: ['%d/%b/%Y:%T %z'] }),
        {
          default: ['rfc3339'],
          minItems: 1,
          description:
            'Tried in their order: `rfc3339`, `epoch` (seconds), `epoch_ms`, `epoch_us`, `epoch_ns`, or a pattern such as `%Y-%m-%d %H:%M:%S.%f`.',
        },
      ),
      timezone: string({
        default: 'UTC',
        minLength: 1,
        description:
          'Where a time without a zone was told: a name of the IANA database such as `Europe/Berlin`, or an offset such as `+02:00`.',
      }),
      to: fieldPath({
        description: 'The field that takes the time; `@timestamp` makes it the event’s own. By default `field` itself.',
      }),
    },
    { description: 'Read a time, and write it as RFC 3339 text in UTC, with its nanoseconds.' },
  ),
};

const privacy = {
  hash: object(
    {
      fields: fields('Fields whose texts, numbers, true and false are replaced by their hash, however deep they are.'),
      key: secret({
        required: true,
        description: `The key, of at least 16 bytes, best from a file: \`\${file:/run/secrets/hash-key}\`. Equal values have equal hashes as long as it stays.`,
      }),
      output: oneOf(['hex', 'base64', 'base64url'], { default: 'hex', description: 'How the hash is written.' }),
      length: integer({
        minimum: 8,
        maximum: 64,
        description: 'How many characters of it are kept; by default all.',
      }),
      prefix: string({ default: '', description: 'Put in front of it.' }),
    },
    { description: 'Replace values by a hash that only the key’s owner can make (HMAC-SHA-256, RFC 2104).' },
  ),
  mask: object(
    {
      fields: fields('Fields whose texts, numbers, true and false are masked, however deep they are.'),
      keep_first: integer({ default: 0, minimum: 0, description: 'How many characters stay at the beginning.' }),
      keep_last: integer({
        default: 0,
        minimum: 0,
        description: 'How many stay at the end. Of what is no longer than both together, none stays.',
      }),
      character: string({ default: '*', minLength: 1, description: 'The one that takes the place of the others.' }),
      pattern: string({
        minLength: 1,
        description:
          'A regular expression, without look-around and references: only what matches it is masked, each match by itself; where it needs very long for a text, all behind.',
        examples: ['\\b\\d{13,19}\\b'],
      }),
    },
    { description: 'Hide the characters of values.' },
  ),
  truncate: object(
    {
      fields: fields('Fields whose texts are cut, however deep they are.'),
      limit: integer({ required: true, minimum: 1, description: 'Most that a text may have, its marker among it.' }),
      unit: oneOf(['characters', 'bytes'], {
        default: 'characters',
        description: 'What `limit` counts: characters (Unicode code points), or bytes of UTF-8.',
      }),
      marker: string({ default: '…', description: 'Put behind what was cut.' }),
    },
    { description: 'Cut long texts, never inside a character.' },
  ),
};

/** What can be done to an event; an entry has one of them. */
export const actions = { ...structure, ...texts, ...times, ...privacy };

/** The options of the transform. */
export const options = object({
  operations: list(
    object({
      ...actions,
      when: string({
        minLength: 1,
        description: 'A condition (CEL, as in `filter`): the operation is done where it is true.',
        examples: ['level == "DEBUG" && has(user)'],
      }),
      on_missing: oneOf(then, { description: 'As the transform’s `on_missing`, for this operation.' }),
      on_error: oneOf(then, { description: 'As the transform’s `on_error`, for this operation.' }),
    }),
    {
      required: true,
      minItems: 1,
      maxItems: 1000,
      description: 'What is done, in this order; each entry names one operation, and sees what those before it did.',
    },
  ),
  on_missing: oneOf(then, {
    default: 'skip',
    description:
      'What happens where the field of an operation is missing or null: it is not done, or the event goes to the dead letters. `set`, `default` and `remove` never miss one.',
  }),
  on_error: oneOf(then, {
    default: 'skip',
    description:
      'What happens where an operation fails: it is not done, or the event goes to the dead letters. `hash` and `mask` do not follow it: an event that should have been changed and was not is a dead letter, unless their own `on_error` says `skip`.',
  }),
});

/** One entry of `operations`: the actions that it does not name are undefined. */
export type OperationOptions = Partial<Infer<typeof options>['operations'][number]>;
/** The options of one action. */
export type ActionOptions<K extends keyof typeof actions> = Infer<(typeof actions)[K]>;
