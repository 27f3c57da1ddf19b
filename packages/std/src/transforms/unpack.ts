import {
  bytes,
  ConfigError,
  defineTransform,
  type ErrorCode,
  fieldPath,
  integer,
  type LogBatch,
  list,
  object,
  oneOf,
  PathError,
  path,
  string,
  type TransformContext,
} from '@tailrace/core';
import {
  ERR,
  kernel,
  MAX_EVENT_BYTES,
  type Unpacked,
  type UnpackOptions,
  unpack as unpackEvents,
} from '@tailrace/kernel';

/** Parses a field that holds JSON text and lifts its members into the event: bytes in, bytes out. */
export const unpack = defineTransform({
  type: 'unpack',
  summary: 'Parse a field that holds JSON text and lift its members into the event.',
  description: [
    'The text must be one JSON value (RFC 8259) in UTF-8; white space around it is allowed, a CRLF among it, anything else behind it',
    'makes it `not_json`. Numbers keep their digits. Of a key that occurs twice in an object the last one counts, at any depth.',
    'Events without the field, or with one that is no text, pass untouched. The event’s own members stay in front of the lifted ones.',
  ].join('\n'),
  config: object({
    field: fieldPath({ default: 'log', description: 'The field that holds the text.' }),
    into: string({
      default: 'root',
      minLength: 1,
      description:
        'The key that takes the value, of any JSON type; `root` lifts the members of an object into the event itself.',
    }),
    prefix: string({ default: '', description: 'Put in front of each lifted key.' }),
    conflict: oneOf(['outer_wins', 'inner_wins', 'rename', 'nest'], {
      default: 'inner_wins',
      description:
        'What happens to a lifted member whose key the event has already: it is left out, it takes the place, it becomes `<field>_<key>`, or all such go under `<field>`.',
    }),
    protect: list(string({ description: 'A key.' }), {
      default: ['kubernetes', 'docker', '@timestamp'],
      description: 'Keys of the event that stay under `inner_wins`: they say where the line comes from.',
    }),
    keep_original: oneOf(['never', 'on_error', 'always'], {
      default: 'on_error',
      description: 'Whether the text stays in its field; `never` removes it even where it could not be unpacked.',
    }),
    on_error: oneOf(['keep', 'dead_letter', 'drop'], {
      default: 'keep',
      description: 'What becomes of an event whose text cannot be unpacked.',
    }),
    depth: integer({
      default: 1,
      minimum: 1,
      maximum: 255,
      description:
        'How many levels of JSON text inside JSON text are opened; a further one that is no JSON stays text.',
    }),
    max_bytes: bytes({ default: '1MiB', description: 'Longest text that is unpacked, un-escaped; at most 4MiB.' }),
    max_fields: integer({
      default: 1000,
      minimum: 1,
      description: 'Most members of the value, those of all levels together.',
    }),
  }),
  examples: [
    {
      title: 'A container log line',
      config: {},
      input: [
        { stream: 'stdout', log: '{"level":"INFO","fields":{"message":"Session Start"}}' },
        { stream: 'stderr', log: 'thread main panicked' },
      ],
      output: [
        { stream: 'stdout', level: 'INFO', fields: { message: 'Session Start' } },
        { stream: 'stderr', log: 'thread main panicked' },
      ],
    },
    {
      title: 'Under a key of its own, with JSON inside JSON',
      config: { field: 'payload', into: 'event', depth: 2, keep_original: 'always' },
      input: [{ payload: '"{\\"id\\":7}"' }],
      output: [{ payload: '"{\\"id\\":7}"', event: { id: 7 } }],
    },
    {
      title: 'Who wins when a key is there twice',
      config: { conflict: 'rename' },
      input: [{ stream: 'stdout', log: '{"stream":"audit","user":"ada"}' }],
      output: [{ stream: 'stdout', log_stream: 'audit', user: 'ada' }],
    },
    {
      title: 'A prefix for what is lifted; what is too large is left out',
      config: { prefix: 'app_', on_error: 'drop', max_bytes: '64KB', max_fields: 2 },
      input: [{ stream: 'stdout', log: '{"level":"INFO","user":"ada"}' }, { log: '{"a":1,"b":2,"c":3}' }],
      output: [{ stream: 'stdout', app_level: 'INFO', app_user: 'ada' }],
    },
    {
      title: 'A key of the event that no line may replace',
      config: { protect: ['tenant'] },
      input: [{ tenant: 'north', log: '{"tenant":"south","user":"ada"}' }],
      output: [{ tenant: 'north', user: 'ada' }],
    },
  ],
  create({ config, context }) {
    const options: UnpackOptions = {
      field: keysOf(config.field),
      into: config.into === 'root' ? null : config.into,
      prefix: config.prefix,
      conflict: config.conflict,
      protect: config.conflict === 'inner_wins' ? config.protect : [],
      keep: config.keep_original,
      depth: config.depth,
      maxBytes: sizeOf(config.max_bytes),
      maxFields: config.max_fields,
      onErrorKeep: config.on_error === 'keep',
    };
    const maySetTime =
      options.into === null && config.conflict === 'inner_wins' && !config.protect.includes('@timestamp');
    return (batch) => {
      const unpacked = unpackEvents(kernel(), batch.events(), options);
      const out = batch.withEvents(unpacked);
      if (maySetTime) takeTimes(out);
      const failed = countFailures(unpacked, context);
      if (failed === 0 || options.onErrorKeep) return out;
      return out.select(settleFailures(unpacked, config.on_error === 'dead_letter', config.field, context));
    };
  },
});

const UNPACKED = 1;
/** Error codes by the kernel's ERR. */
const CODES: readonly ErrorCode[] = (() => {
  const codes: ErrorCode[] = [];
  codes[ERR.notJson] = 'not_json';
  codes[ERR.notUtf8] = 'not_utf8';
  codes[ERR.tooDeep] = 'too_deep';
  codes[ERR.tooLarge] = 'too_large';
  codes[ERR.tooManyFields] = 'too_many_fields';
  codes[ERR.notObject] = 'not_object';
  return codes;
})();
const TIMESTAMP = path('@timestamp');

/** Counts what could not be unpacked, once per code; answers for how many events that is. */
function countFailures({ status, length }: Unpacked, context: TransformContext): number {
  let failed = 0;
  let counts: number[] | null = null;
  for (let i = 0; i < length; i++) {
    if (status[i]! <= UNPACKED) continue;
    failed++;
    counts ??= new Array<number>(CODES.length).fill(0);
    counts[status[i]! - UNPACKED]!++;
  }
  if (counts) for (const [error, code] of CODES.entries()) if (counts[error]) context.countErrors(code, counts[error]);
  return failed;
}

/** Sends what could not be unpacked away; answers with the events that go on. */
function settleFailures(
  { status, length }: Unpacked,
  reject: boolean,
  field: string,
  context: TransformContext,
): number[] {
  const kept: number[] = [];
  for (let i = 0; i < length; i++) {
    const error = status[i]! - UNPACKED;
    if (error <= 0) kept.push(i);
    else if (reject) context.reject(i, CODES[error]!, `${field}: ${MESSAGES[CODES[error]!]}`);
  }
  if (!reject) context.discardReason('not_unpacked');
  return kept;
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  not_json: 'is not one JSON value',
  not_utf8: 'is not valid UTF-8',
  too_deep: 'is nested too deep',
  too_large: 'is longer than max_bytes',
  too_many_fields: 'has more members than max_fields',
  not_object: 'is JSON but no object, so it has no members to lift: set into',
};

/** The batch's time columns follow an `@timestamp` that was lifted. */
function takeTimes(batch: LogBatch): void {
  for (let i = 0; i < batch.length; i++) {
    const text = batch.getText(i, TIMESTAMP);
    if (text !== undefined) batch.setText(i, TIMESTAMP, text);
  }
}

function keysOf(field: string): string[] {
  try {
    const { steps } = path(field);
    const keys = steps.filter((step) => typeof step === 'string');
    if (keys.length === steps.length) return keys;
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new ConfigError(['field'], error.message);
  }
  throw new ConfigError(['field'], `names an array item, which unpack cannot replace: name a member, is ${field}`);
}

function sizeOf(size: number): number {
  if (size >= 1 && size <= MAX_EVENT_BYTES) return size;
  throw new ConfigError(['max_bytes'], `must be from 1 byte to 4MiB (${MAX_EVENT_BYTES}), is ${size}`);
}
