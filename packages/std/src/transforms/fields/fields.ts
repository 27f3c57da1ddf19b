import {
  anything,
  ConfigError,
  defineTransform,
  type Field,
  fieldsFrom,
  integer,
  type LogBatch,
  map,
  object,
  oneOf,
  path,
  string,
  type TransformContext,
} from '@tailrace/core';
import { ERR, kernel, knownPaths, splice } from '@tailrace/kernel';
import { FieldFileError, loadFieldFile } from '../../field-file/parse.ts';
import { type Findings, planEdits, type Refused } from './batch-edits.ts';
import { createConformer } from './conform.ts';
import { editBuffer } from './edits.ts';
import { examples } from './examples.ts';
import { planOf } from './plan.ts';
import { quickFields } from './quick.ts';
import { knownRenames } from './renames.ts';

/** Brings events into the form that a field file declares. */
export const fields = defineTransform({
  type: 'fields',
  summary:
    'Give every field its declared type, name and known values, so that the index never sees two types of one field.',
  description: [
    'Values are coerced to the declared type: numbers and booleans written as text, numbers and booleans under a keyword (digits as they',
    'stand), dates as epoch seconds, milliseconds, microseconds or nanoseconds (told by their size) and in the usual text forms. Arrays',
    'are coerced item by item; `null` fits every type. Other names move to the declared one, other values become the known one. A key',
    '`"a.b"` is the declared field `a.b`; an undeclared key with dots gets `_` for each, a blank key becomes `_`. Inside declared',
    '`flattened` fields nothing is changed. `@timestamp` needs no declaration: it is a `date` where the fields do not say otherwise.',
    '',
    'The budget of undeclared fields holds for this component as long as the process runs, whatever index an event goes to: the',
    'transform comes before the index is chosen, so give each index its own `fields` where that matters.',
  ].join('\n'),
  config: object({
    file: string({ minLength: 1, description: 'The field file (YAML), relative to the pipeline’s file.' }),
    fields: map(anything({ description: 'A field as in a field file.' }), {
      description: 'The fields by their paths, in place of a file.',
    }),
    on_conflict: oneOf(['stringify', 'rename', 'dead_letter'], {
      default: 'stringify',
      description:
        'What becomes of a value that cannot be coerced: its text under `<name>_text`, the value under `<name>_<its type>`, or the event goes to the dead letters.',
    }),
    unknown: oneOf(['keep', 'flatten', 'drop'], {
      default: 'keep',
      description: 'What becomes of undeclared fields: they stay, go under the `overflow` key, or are left out.',
    }),
    max_fields: integer({
      default: 500,
      minimum: 0,
      description: 'Most undeclared fields that stay; those beyond go under the `overflow` key.',
    }),
    overflow: string({
      default: '_overflow',
      minLength: 1,
      description: 'The key, of type `flattened`, that takes fields without a place of their own, each under its path.',
    }),
  }),
  examples,
  create({ config, context }) {
    const plan = planOf(declaredFields(config, context), config.overflow);
    const policy = {
      onConflict: config.on_conflict,
      unknown: config.unknown,
      maxFields: config.max_fields,
      overflow: config.overflow,
    };
    const conform = createConformer(plan, policy);
    const quick = quickFields(plan);
    const edits = editBuffer(quick.shared);
    const known = config.unknown === 'keep' ? knownPaths() : null;
    const renames = knownRenames();
    return (batch) => {
      const events = batch.events();
      const found = planEdits({ events, plan, quick, edits, conform, known, renames });
      const refused = found.refused;
      let out = batch;
      if (edits.count > 0) {
        const spliced = splice(kernel(), events, edits.edits());
        for (let i = 0; i < spliced.length; i++) if (spliced.status[i] === ERR.tooLarge) refused.set(i, TOO_LARGE);
        out = batch.withEvents(spliced);
        takeTimes(batch, out, found.retimed);
      }
      report(found, context);
      return refused.size === 0 ? out : withoutRefused(out, refused, context);
    };
  },
});

const TOO_LARGE: Refused = { code: 'too_large', message: 'the event would be longer than 4 MiB' };
const TIMESTAMP = path('@timestamp');

/** The batch's time columns follow a changed `@timestamp`. */
function takeTimes(before: LogBatch, after: LogBatch, events: readonly number[]): void {
  for (const i of events) {
    const text = after.getText(i, TIMESTAMP);
    if (text !== undefined && text !== before.getText(i, TIMESTAMP)) after.setText(i, TIMESTAMP, text);
  }
}

function report({ conflicts, overflowed, refused }: Findings, context: TransformContext): void {
  if (conflicts > 0) context.countErrors('type_conflict', conflicts);
  if (overflowed > 0) context.countErrors('field_budget', overflowed);
  for (const code of ['too_large', 'not_json'] as const) {
    const count = [...refused.values()].filter((one) => one.code === code).length;
    if (count > 0) context.countErrors(code, count);
  }
}

function withoutRefused(out: LogBatch, refused: ReadonlyMap<number, Refused>, context: TransformContext): LogBatch {
  for (const [i, { code, message }] of refused) context.reject(i, code, message);
  const kept: number[] = [];
  for (let i = 0; i < out.length; i++) if (!refused.has(i)) kept.push(i);
  return out.select(kept);
}

interface FieldsConfig {
  readonly file: string | undefined;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

function declaredFields(config: FieldsConfig, context: TransformContext): readonly Field[] {
  if ((config.file === undefined) === (config.fields === undefined)) {
    throw new ConfigError([], 'needs either "file", a field file, or "fields", the fields themselves');
  }
  return config.file === undefined ? inlineFields(config.fields) : fieldsOfFile(context.resolvePath(config.file));
}

function inlineFields(value: unknown): readonly Field[] {
  const { fields: declared, problems } = fieldsFrom(value);
  const [first, ...more] = problems;
  if (!first) return declared;
  if (more.length === 0) throw new ConfigError(['fields', ...first.at], first.message);
  throw new ConfigError(['fields'], problems.map(({ at, message }) => `${at.join(' > ')} ${message}`).join('; '));
}

function fieldsOfFile(file: string): readonly Field[] {
  try {
    return loadFieldFile(file).fields;
  } catch (error) {
    if (error instanceof FieldFileError) throw new ConfigError(['file'], error.message);
    throw new ConfigError(['file'], `cannot be read: ${(error as Error).message}`);
  }
}
