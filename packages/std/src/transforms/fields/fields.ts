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
import { check, ERR, type Events, EXCEPTION_ROW, kernel, splice, UNKNOWN_ROW } from '@tailrace/kernel';
import { FieldFileError, loadFieldFile } from '../../field-file/parse.ts';
import { type Conformed, createConformer } from './conform.ts';
import { type EditBuffer, editBuffer } from './edits.ts';
import { examples } from './examples.ts';
import { type Plan, planOf } from './plan.ts';
import { type QuickFields, quickFields, type Reported } from './quick.ts';

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
    '`flattened` fields nothing is changed.',
    '',
    'The budget of undeclared fields holds for this component as long as the process runs, whatever index an event goes to: the',
    'transform comes before the index is chosen, so give each index its own `fields` where that matters. Arrays of objects that nobody',
    'declared are looked through event by event; declare them `flattened` where speed matters.',
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
    const known = config.unknown === 'keep' ? new Set<number>() : null;
    return (batch) => {
      const events = batch.events();
      const found = planEdits({ events, plan, quick, edits, conform, known });
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

type Refused = { readonly code: 'type_conflict' | 'too_large' | 'not_json'; readonly message: string };
const TOO_LARGE: Refused = { code: 'too_large', message: 'the event would be longer than 4 MiB' };
const NOT_JSON: Refused = { code: 'not_json', message: 'the event is no JSON object' };
const TIMESTAMP = path('@timestamp');

/** What a batch needs, besides the edits. */
interface Findings {
  readonly refused: Map<number, Refused>;
  /** Events whose `@timestamp` may be another one. */
  readonly retimed: number[];
  conflicts: number;
  overflowed: number;
}

interface Tools {
  readonly events: Events;
  readonly plan: Plan;
  readonly quick: QuickFields;
  readonly edits: EditBuffer;
  readonly conform: (source: string) => Conformed;
  /** Hashes of undeclared fields that were let in; `null`: none is. */
  readonly known: Set<number> | null;
}

/** Looks at the events that check reported, in their order, and writes the edits that they need. */
function planEdits(tools: Tools): Findings {
  const { events, plan, edits, known } = tools;
  const { exceptions, unknown, unchecked } = check(kernel(), events, plan.paths, plan.expect, true);
  const { text } = events;
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  const findings: Findings = { refused: new Map(), retimed: [], conflicts: 0, overflowed: 0 };
  edits.cut(0);
  let x = 0;
  let u = 0;
  let n = 0;
  for (;;) {
    const i = Math.min(exceptions[x] ?? NONE, unknown[u] ?? NONE, unchecked[n] ?? NONE);
    if (i === NONE) return findings;
    const before = edits.count;
    const unknownFrom = u;
    let quick = true;
    for (; unknown[u] === i; u += UNKNOWN_ROW)
      quick &&= known !== null && unknown[u + 7] === 0 && known.has(hashAt(unknown, u));
    const from = x;
    while (exceptions[x] === i) x += EXCEPTION_ROW;
    if (quick)
      quick = settleAll(
        tools,
        { text: bytes, start: events.start[i]!, end: events.end[i]!, rows: exceptions, from, to: x },
        findings,
      );
    for (; unchecked[n] === i; n++) quick = false;
    if (quick) continue;
    edits.cut(before);
    const conformed = long(tools, bytes, i, findings);
    if (!known || !conformed || conformed.overflowed) continue;
    // All its undeclared fields have a place now, so the next event with them is quick.
    for (let row = unknownFrom; row < u; row += UNKNOWN_ROW) known.add(hashAt(unknown, row));
  }
}

const NONE = 0xffff_ffff;
/** 53 of the 64 bits of a path's hash: a number that a Set takes. */
const hashAt = (unknown: Uint32Array, row: number): number =>
  unknown[row + 5]! + (unknown[row + 6]! & 0x1f_ffff) * 2 ** 32;

/** Settles what check reported of one event on the short way, if it can be. */
function settleAll({ quick, edits, plan }: Tools, reported: Reported, findings: Findings): boolean {
  const { rows, from, to } = reported;
  for (let row = from; row < to; row += EXCEPTION_ROW) {
    if (!quick.settle(reported, row, edits)) return false;
    if (plan.setsTime[rows[row + 1]!] === 1) findings.retimed.push(rows[row]!);
  }
  return true;
}

/** The long way of one event; `null` when it is no JSON. */
function long({ events, conform, edits }: Tools, bytes: Buffer, i: number, findings: Findings): Conformed | null {
  const start = events.start[i]!;
  const end = events.end[i]!;
  const conformed = tryConform(conform, bytes.toString('utf8', start, end));
  if (!conformed) {
    findings.refused.set(i, NOT_JSON);
    return null;
  }
  findings.conflicts += conformed.conflicts;
  if (conformed.overflowed) findings.overflowed++;
  if (conformed.refused !== null) findings.refused.set(i, { code: 'type_conflict', message: conformed.refused });
  else if (conformed.text !== null) {
    edits.add(i, start, end, conformed.text);
    if (conformed.retimed) findings.retimed.push(i);
  }
  return conformed;
}

function tryConform(conform: (source: string) => Conformed, source: string): Conformed | null {
  try {
    return conform(source);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

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
