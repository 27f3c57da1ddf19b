import { readFileSync } from 'node:fs';
import {
  ConfigError,
  type Field,
  fieldFileFrom,
  fieldsFrom,
  type Path,
  PathError,
  type PluginContext,
  path,
} from '@tailrace/core';
import { OTLP_TYPE, type OtlpLogMapping } from '@tailrace/kernel';
import { parse } from 'yaml';
import type { LogOptions } from './options.ts';
import { SEVERITIES } from './severities.ts';

type Context = Pick<PluginContext, 'resolvePath'>;
type At = readonly (string | number)[];

/** What a declared type is in OTLP. A date, an object and what is flattened stay what they are in JSON. */
const TYPES: Readonly<Partial<Record<Field['type'], number>>> = {
  keyword: OTLP_TYPE.string,
  text: OTLP_TYPE.string,
  ip: OTLP_TYPE.string,
  long: OTLP_TYPE.integer,
  double: OTLP_TYPE.double,
  boolean: OTLP_TYPE.boolean,
};

/** The kernel's mapping of the options; throws a {@link ConfigError} with the way to what is wrong, below `at`. */
export function logMapping(options: LogOptions, context: Context, at: At): OtlpLogMapping {
  const listed = (key: string, texts: readonly string[]) => texts.map((text, i) => membersOf(text, [...at, key, i]));
  return {
    body: typeof options.body === 'string' ? 'event' : listed('body', options.body),
    severityText: listed('severity_text', options.severity_text),
    severityNumber: listed('severity_number', options.severity_number),
    traceId: listed('trace_id', options.trace_id),
    spanId: listed('span_id', options.span_id),
    flags: listed('trace_flags', options.trace_flags),
    traceparent: listed('traceparent', options.traceparent),
    eventName: listed('event_name', options.event_name),
    resourcePaths: Object.entries(options.resource_fields).map(([key, text]) => ({
      key: attributeName(key, [...at, 'resource_fields', key]),
      path: membersOf(text, [...at, 'resource_fields', key]),
    })),
    resource: Object.entries(options.resource).map(([key, value]) => ({
      key: attributeName(key, [...at, 'resource', key]),
      value,
    })),
    severities: { ...SEVERITIES, ...furtherSeverities(options.severities, [...at, 'severities']) },
    types: declaredFields(options, context, at).flatMap(({ path: where, type }) => {
      const known = TYPES[type];
      return known === undefined ? [] : [{ path: where.steps as readonly string[], type: known }];
    }),
    flatten: options.flatten,
  };
}

/** The keys of a path; array items are not looked for. */
function membersOf(text: string, at: At): readonly string[] {
  const { steps } = compiled(text, at);
  if (steps.every((step) => typeof step === 'string')) return steps;
  throw new ConfigError(at, `names an item of an array: write ${JSON.stringify(text)} without "[…]"`);
}

function compiled(text: string, at: At): Path {
  try {
    return path(text);
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(at, error.message);
    throw error;
  }
}

// The kernel compares names as they stand in JSON, where these would be escapes.
const PLAIN_NAME = /^[^"\\\p{Cc}]+$/u;

function attributeName(name: string, at: At): string {
  if (PLAIN_NAME.test(name)) return name;
  throw new ConfigError(at, 'must be a name without quotes, backslashes and control characters');
}

const LONGEST_SEVERITY = 31;

function furtherSeverities(severities: Readonly<Record<string, number>>, at: At): Record<string, number> {
  const further: Record<string, number> = {};
  for (const [name, number] of Object.entries(severities)) {
    if (!PLAIN_NAME.test(name) || Buffer.byteLength(name) > LONGEST_SEVERITY) {
      throw new ConfigError([...at, name], `must be a name of at most ${LONGEST_SEVERITY} bytes without quotes`);
    }
    further[name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())] = number;
  }
  return further;
}

function declaredFields({ file, fields }: LogOptions, context: Context, at: At): readonly Field[] {
  if (file !== undefined && fields !== undefined) {
    throw new ConfigError([...at, 'fields'], 'cannot stand beside `file`: both declare the types of fields');
  }
  if (file !== undefined) return read(fieldFileFrom(contentOf(file, context, [...at, 'file'])), [...at, 'file']);
  return fields === undefined ? [] : read(fieldsFrom(fields), [...at, 'fields']);
}

function contentOf(file: string, context: Context, at: At): unknown {
  try {
    return parse(readFileSync(context.resolvePath(file), 'utf8'));
  } catch (error) {
    throw new ConfigError(at, `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function read({ fields, problems }: ReturnType<typeof fieldFileFrom>, at: At): readonly Field[] {
  if (problems.length === 0) return fields;
  throw new ConfigError(at, problems.map((problem) => `${problem.at.join(' > ')} ${problem.message}`).join('; '));
}
