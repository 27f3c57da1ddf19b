/** A JSON Schema document, as far as the builder below writes it (draft 2020-12 vocabulary; `x-kind` is ours). */
export interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  examples?: readonly unknown[];
  enum?: readonly unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: readonly JsonSchema[];
  /** What the text stands for, so that `resolveConfig` can convert it and the reference can name it. */
  'x-kind'?: 'duration' | 'bytes' | 'secret' | 'path' | 'condition';
}

declare const valueType: unique symbol;

/** A declared option: its JSON Schema at run time, its resolved TypeScript type at compile time. */
export interface Schema<T> {
  readonly json: JsonSchema;
  readonly required: boolean;
  readonly [valueType]?: T;
}

/** The TypeScript type of a resolved configuration. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

interface Common<T> {
  /** One sentence; every option has one (a test holds it). */
  description: string;
  default?: T;
  required?: boolean;
  examples?: readonly unknown[];
}
type Resolved<T, O> = O extends { default: unknown } ? T : O extends { required: true } ? T : T | undefined;

/** Text that is never printed: logs, errors, JSON and `util.inspect` show `***`. */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  /** The text itself; call it only where it goes onto the wire. */
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'Secret(***)';
  }
}

function make<T>(json: JsonSchema, options: Common<unknown>): Schema<T> {
  const out: JsonSchema = { ...json, description: options.description };
  if (options.default !== undefined) out.default = options.default;
  if (options.examples) out.examples = options.examples;
  return { json: out, required: options.required === true };
}

/** A text option. */
export function string<const O extends Common<string> & { pattern?: string; minLength?: number; maxLength?: number }>(
  options: O,
): Schema<Resolved<string, O>> {
  const json: JsonSchema = { type: 'string' };
  if (options.pattern !== undefined) json.pattern = options.pattern;
  if (options.minLength !== undefined) json.minLength = options.minLength;
  if (options.maxLength !== undefined) json.maxLength = options.maxLength;
  return make(json, options);
}

/** A whole number. */
export function integer<const O extends Common<number> & { minimum?: number; maximum?: number }>(
  options: O,
): Schema<Resolved<number, O>> {
  return make(bounds({ type: 'integer' }, options), options);
}

/** A number, with or without a fraction. */
export function number<const O extends Common<number> & { minimum?: number; maximum?: number }>(
  options: O,
): Schema<Resolved<number, O>> {
  return make(bounds({ type: 'number' }, options), options);
}

function bounds(json: JsonSchema, options: { minimum?: number; maximum?: number }): JsonSchema {
  if (options.minimum !== undefined) json.minimum = options.minimum;
  if (options.maximum !== undefined) json.maximum = options.maximum;
  return json;
}

/** `true` or `false`. */
export function boolean<const O extends Common<boolean>>(options: O): Schema<Resolved<boolean, O>> {
  return make({ type: 'boolean' }, options);
}

/** One of the given words. */
export function oneOf<const V extends readonly (string | number | boolean | null)[], const O extends Common<V[number]>>(
  values: V,
  options: O,
): Schema<Resolved<V[number], O>> {
  return make({ enum: values }, options);
}

/** A length of time written `250ms`, `30s`, `5m`, `2h`, `7d`; resolved to milliseconds. `positive`: 0 is refused. */
export function duration<const O extends Common<string> & Positive>(options: O): Schema<Resolved<number, O>> {
  const pattern = amount(DURATION, options);
  return make({ type: 'string', pattern, 'x-kind': 'duration' }, options);
}

/** A size written `512`, `64KB`, `5MB`, `1GB` (decimal) or `KiB`, `MiB`, `GiB`; resolved to bytes. `positive`: 0 is refused. */
export function bytes<const O extends Common<string> & Positive>(options: O): Schema<Resolved<number, O>> {
  const pattern = amount(BYTES, options);
  return make({ type: ['string', 'integer'], pattern, minimum: options.positive ? 1 : 0, 'x-kind': 'bytes' }, options);
}

interface Positive {
  positive?: boolean;
}

const NOT_ZERO = '(?=.*[1-9])';

function amount({ source }: RegExp, { positive }: Positive): string {
  return positive ? `${NOT_ZERO}${source}` : source;
}

/** Whether a duration or size must be more than 0. */
export function isPositive({ pattern = '' }: JsonSchema): boolean {
  return pattern.startsWith(NOT_ZERO);
}

/** Text that must never be shown; resolved to a {@link Secret}. */
export function secret<const O extends Common<string>>(options: O): Schema<Resolved<Secret, O>> {
  return make({ type: 'string', 'x-kind': 'secret' }, options);
}

/** A field path (`fields.client_id`, `kubernetes.labels."app.kubernetes.io/name"`), kept as text; compile it in `create`. */
export function fieldPath<const O extends Common<string>>(options: O): Schema<Resolved<string, O>> {
  return make({ type: 'string', minLength: 1, 'x-kind': 'path' }, options);
}

/** A list of one kind of thing; a single value where a list is wanted is an error, never guessed. */
export function list<T, const O extends Common<readonly T[]> & { minItems?: number; maxItems?: number }>(
  item: Schema<T>,
  options: O,
): Schema<Resolved<readonly Exclude<T, undefined>[], O>> {
  const json: JsonSchema = { type: 'array', items: item.json };
  if (options.minItems !== undefined) json.minItems = options.minItems;
  if (options.maxItems !== undefined) json.maxItems = options.maxItems;
  return make(json, options);
}

/** Free keys, one kind of value. */
export function map<T, const O extends Common<Readonly<Record<string, T>>>>(
  value: Schema<T>,
  options: O,
): Schema<Resolved<Readonly<Record<string, Exclude<T, undefined>>>, O>> {
  return make({ type: 'object', additionalProperties: value.json }, options);
}

/** One of several shapes; resolved by the first that fits. */
export function anyOf<const S extends readonly Schema<unknown>[], const O extends Common<unknown>>(
  shapes: S,
  options: O,
): Schema<Resolved<Exclude<Infer<S[number]>, undefined>, O>> {
  return make({ anyOf: shapes.map((shape) => shape.json) }, options);
}

/** A value that is passed on as it is written. */
export function anything<const O extends Common<unknown>>(options: O): Schema<unknown> {
  return make({}, options);
}

/** Named options; unknown names are errors. A nested object without a `default` that is left out gets its members' defaults. */
export function object<P extends Record<string, Schema<unknown>>>(
  properties: P,
  options: { description?: string } = {},
): Schema<{ readonly [K in keyof P]: Infer<P[K]> }> {
  const json: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, schema.json])),
    additionalProperties: false,
  };
  const required = Object.entries(properties).filter(([, schema]) => schema.required);
  if (required.length > 0) json.required = required.map(([key]) => key);
  if (options.description !== undefined) json.description = options.description;
  return { json, required: false };
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const BYTES = /^(\d+(?:\.\d+)?) ?(B|KB|MB|GB|KiB|MiB|GiB)?$/;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZES = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Milliseconds of `30s`; throws on text that the schema would have refused. */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  if (!match) throw new TypeError(`not a duration: ${text}`);
  return Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS];
}

/** Bytes of `5MB`; throws on text that the schema would have refused. */
export function parseBytes(value: string | number): number {
  if (typeof value === 'number') return value;
  const match = BYTES.exec(value);
  if (!match) throw new TypeError(`not a size: ${value}`);
  return Math.floor(Number(match[1]) * SIZES[(match[2] ?? 'B') as keyof typeof SIZES]);
}

/** Fills in defaults and converts durations, sizes and secrets; `raw` has passed validation. */
export function resolveConfig<T>(schema: Schema<T>, raw: unknown): T {
  return resolve(schema.json, raw) as T;
}

function resolve(json: JsonSchema, raw: unknown): unknown {
  const value = raw === undefined ? json.default : raw;
  if (value === undefined) return json.properties && !json.required ? resolve(json, {}) : undefined;
  switch (json['x-kind']) {
    case 'duration':
      return parseDuration(value as string);
    case 'bytes':
      return parseBytes(value as string | number);
    case 'secret':
      return new Secret(value as string);
  }
  if (json.anyOf) return resolve(json.anyOf.find((shape) => fits(shape, value)) ?? {}, value);
  if (Array.isArray(value)) return json.items ? value.map((item) => resolve(json.items!, item)) : value;
  if (typeof value !== 'object' || value === null) return value;
  return resolveObject(json, value as Record<string, unknown>);
}

function resolveObject(json: JsonSchema, value: Record<string, unknown>): unknown {
  if (json.properties) {
    return Object.fromEntries(Object.entries(json.properties).map(([key, inner]) => [key, resolve(inner, value[key])]));
  }
  const inner = json.additionalProperties;
  if (typeof inner !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(inner, item)]));
}

/** Only as exact as `anyOf` needs: the kinds of the shapes differ. */
function fits(json: JsonSchema, value: unknown): boolean {
  if (json.enum) return json.enum.includes(value);
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const types = json.type === undefined ? [kind] : typeof json.type === 'string' ? [json.type] : json.type;
  if (!types.includes(kind) && !(kind === 'number' && types.includes('integer'))) return false;
  if (kind === 'string' && json.pattern !== undefined) return new RegExp(json.pattern).test(value as string);
  if (kind !== 'object' || !json.properties) return true;
  const keys = Object.keys(value as object);
  return keys.every((key) => json.properties![key]) && (json.required ?? []).every((key) => keys.includes(key));
}
