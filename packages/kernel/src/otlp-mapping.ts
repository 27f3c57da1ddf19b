import { REGION } from './memory.ts';
import { compilePaths } from './paths.ts';

type Steps = readonly string[];

/** What a declared path becomes in OTLP, whatever type its value has in JSON: numbers in text are read, others keep their own type. */
export const OTLP_TYPE = { string: 1, integer: 2, double: 3, boolean: 4 } as const;

/** How events become log records. Of each list the first path that an event has with a usable value counts. */
export interface OtlpLogMapping {
  /** `event`: all that remains of an event is its body, in place of attributes. */
  readonly body: readonly Steps[] | 'event';
  readonly severityText: readonly Steps[];
  readonly severityNumber: readonly Steps[];
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: readonly Steps[];
  readonly spanId: readonly Steps[];
  readonly flags: readonly Steps[];
  readonly traceparent: readonly Steps[];
  readonly eventName: readonly Steps[];
  /** Resource attributes that are members of the event; no two with one key. */
  readonly resourcePaths: readonly { readonly key: string; readonly path: Steps }[];
  /** Resource attributes for events that have none of that key. */
  readonly resource: readonly { readonly key: string; readonly value: string }[];
  /** Severity numbers by lowercase names of at most 31 characters. */
  readonly severities: Readonly<Record<string, number>>;
  readonly types: readonly { readonly path: Steps; readonly type: number }[];
  /** Objects among the attributes become members with dotted keys. */
  readonly flatten: boolean;
}

/** A mapping laid out as the kernel reads it, from the beginning of the constants region. */
export interface CompiledOtlpMapping {
  readonly bytes: Uint8Array;
  /** Address of the mapping's words. */
  readonly config: number;
}

/** The names of severities stand below a key of their own in the trie; it is not looked for in events. */
const SEVERITIES = '(severity numbers)';
const MOST_LIFTS = 8192;

// How deep the values of the layout stand in a request, as messages of protobuf count; what is not here depends on what is around it.
const DEPTHS: ReadonlyMap<string, number> = new Map([
  ['body', 4],
  ['attributes', 2],
  ['resource', 1],
  ['resource.attributes', 1],
  ['scope', 1],
  ['scope.attributes', 2],
]);

/** Members of an event as an otlp source writes it, in the order of the words from W_TIMESTAMP on. */
const LAYOUT = [
  '@timestamp',
  'observed_timestamp',
  'dropped_attributes_count',
  'attributes',
  'resource',
  'resource.attributes',
  'resource.dropped_attributes_count',
  'resource.schema_url',
  'scope',
  'scope.name',
  'scope.version',
  'scope.attributes',
  'scope.dropped_attributes_count',
  'scope.schema_url',
  'flags',
  'severity_number',
  'trace_id',
  'span_id',
];
/** Members of the layout that may also be listed by the mapping. */
const LISTED = ['severity_text', 'severity_number', 'body', 'trace_id', 'span_id', 'flags', 'event_name'];

/** Lays a mapping out. Throws a RangeError when it is larger than the kernel's constants region takes. */
export function compileOtlpMapping(mapping: OtlpLogMapping): CompiledOtlpMapping {
  const table = pathTable();
  const lists = listsOf(mapping).map((paths) => paths.map(table.number));
  const layout = LAYOUT.map((name) => table.number(name.split('.')));
  const resourcePaths = mapping.resourcePaths.map(({ key, path }) => ({ key, path: table.number(path) }));
  const lifts = table.paths.length;
  if (lifts > MOST_LIFTS) throw new RangeError(`${lifts} paths are looked for in each event; at most ${MOST_LIFTS}`);
  const types = mapping.types.map(({ path, type }) => [table.number(path), type] as const);
  const severities = Object.entries(mapping.severities).map(
    ([name, number]) => [table.number([SEVERITIES, name]), number] as const,
  );
  const out = layouter(compilePaths(table.paths).trie);
  const perPath = (values: readonly (readonly [number, number])[]): number => {
    const column = new Uint8Array(table.paths.length);
    for (const [path, value] of values) column[path] = value;
    return out.put(column);
  };
  const words = [
    lifts,
    perPath(types),
    perPath([...DEPTHS].map(([name, depth]) => [table.number(name.split('.')), depth])),
    perPath(layoutMembers(table.paths)),
    ...text(out, SEVERITIES),
    perPath(severities),
    (mapping.flatten ? 1 : 0) | (mapping.body === 'event' ? 2 : 0),
    ...lists.flatMap((paths) => [out.put(Uint32Array.from(paths)), paths.length]),
    ...layout,
    out.put(Uint32Array.from(resourcePaths.flatMap(({ key, path }) => [path, ...text(out, key)]))),
    resourcePaths.length,
    out.put(Uint32Array.from(mapping.resource.flatMap(({ key, value }) => statics(out, key, value)))),
    mapping.resource.length,
  ];
  const config = out.put(Uint32Array.from(words));
  return { bytes: out.bytes(), config };
}

/** The lists of paths in the order of the words from W_BODY on. */
function listsOf(mapping: OtlpLogMapping): readonly (readonly Steps[])[] {
  const { body, severityText, severityNumber, traceId, spanId, flags, traceparent, eventName } = mapping;
  const bodies = body === 'event' ? [] : body;
  return [bodies, severityText, severityNumber, traceId, spanId, flags, traceparent, eventName];
}

/** Which paths are members of an event as an otlp source writes it: 1 for each. */
function layoutMembers(paths: readonly Steps[]): (readonly [number, number])[] {
  const top = new Set([...LAYOUT, ...LISTED].filter((name) => !name.includes('.')));
  return paths.flatMap((path, i) => (path.length === 1 && top.has(path[0]!) ? [[i, 1] as const] : []));
}

function pathTable() {
  const numbers = new Map<string, number>([...DEPTHS.keys()].map((name, i) => [JSON.stringify(name.split('.')), i]));
  const paths: Steps[] = [...DEPTHS.keys()].map((name) => name.split('.'));
  return {
    paths,
    number(path: Steps): number {
      const key = JSON.stringify(path);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, paths.length);
      return paths.push(path) - 1;
    },
  };
}

type Layouter = ReturnType<typeof layouter>;

/** Puts pieces behind each other, each at an address that is a multiple of 8, and answers that address. */
function layouter(head: Uint8Array) {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const put = (piece: Uint8Array | Uint32Array): number => {
    const at = REGION.constants.at + size;
    const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    // Words are compared eight bytes at a time, so that many may be read behind a text.
    const padded = new Uint8Array((bytes.length + 15) & ~7);
    padded.set(bytes);
    pieces.push(padded);
    size += padded.length;
    return at;
  };
  put(head);
  const bytes = (): Uint8Array => {
    if (size > REGION.constants.size / 2) {
      throw new RangeError(`the mapping takes ${size} bytes; at most ${REGION.constants.size / 2} fit`);
    }
    return Buffer.concat(pieces);
  };
  return { put, bytes };
}

function text(out: Layouter, value: string): [number, number] {
  const bytes = Buffer.from(value);
  return [out.put(bytes), bytes.length];
}

/** The attribute as KeyValue { key, value { string_value } }. */
function statics(out: Layouter, key: string, value: string): number[] {
  const inner = field(1, Buffer.from(value));
  const bytes = Buffer.concat([field(1, Buffer.from(key)), field(2, inner)]);
  return [...text(out, key), out.put(bytes), bytes.length];
}

function field(number: number, content: Uint8Array): Uint8Array {
  const head = [(number << 3) | 2];
  let length = content.length;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  head.push(length);
  return Buffer.concat([Uint8Array.from(head), content]);
}
