/** Reads proto/ and writes src/otlp.generated.ts. `--check`: write nothing, exit 1 when the committed file is stale. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import protobuf from 'protobufjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

/** All messages of proto/, without the packages that are only there for descriptors. */
function messages(): protobuf.Type[] {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    target.startsWith('google/') ? target : join(folder, 'proto', basename(target));
  const files = readdirSync(join(folder, 'proto')).sort();
  root.loadSync(files.map((file) => join(folder, 'proto', file))).resolveAll();
  const found: protobuf.Type[] = [];
  const walk = (space: protobuf.NamespaceBase) => {
    for (const child of space.nestedArray) {
      if (child instanceof protobuf.Type) found.push(child);
      if (child instanceof protobuf.Namespace || child instanceof protobuf.Type) walk(child);
    }
  };
  walk(root);
  return found;
}

/** `.opentelemetry.proto.trace.v1.Span.Link` → `trace.Span.Link`. */
const shortName = (object: protobuf.ReflectionObject) =>
  object.fullName.replace(/^\.(opentelemetry\.proto\.)?/, '').replace('.v1.', '.');

/** The ids that OTLP/JSON writes as hex, where protobuf's own mapping says base64. */
const HEX = new Set(['trace_id', 'traceId', 'span_id', 'spanId', 'parent_span_id', 'parentSpanId']);

function fieldRow(field: protobuf.Field): string {
  const { resolvedType } = field;
  const type =
    resolvedType instanceof protobuf.Type
      ? shortName(resolvedType)
      : resolvedType
        ? 'enum'
        : field.type === 'bytes' && HEX.has(field.name)
          ? 'hex'
          : field.type;
  const oneof = field.partOf && !field.options?.['proto3_optional'] ? field.partOf.name : '';
  return `[${field.id}, '${protobuf.util.camelCase(field.name)}', '${type}', ${field.repeated}, '${oneof}'],`;
}

function render(): string {
  const tables = messages().map((type) => {
    const rows = [...type.fieldsArray].sort((a, b) => a.id - b.id).map(fieldRow);
    return [`  '${shortName(type)}': [`, ...rows.map((row) => `    ${row}`), '  ],'].join('\n');
  });
  return [
    '// Written by scripts/build.ts from proto/. Do not edit: run `pnpm --filter @tailrace/telemetry generate`.',
    '/** Number, JSON name, type (or message), whether it is repeated, and the oneof it is part of. */',
    'export type FieldRow = readonly [number, string, string, boolean, string];',
    '',
    '/** The fields of each message. */',
    'export const MESSAGES = {',
    ...tables,
    '} as const satisfies Record<string, readonly FieldRow[]>;',
    '',
  ].join('\n');
}

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const file = join(folder, 'src/otlp.generated.ts');
const text = render();
if (!check) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${file} is not what proto/ says: run \`pnpm --filter @tailrace/telemetry generate\` and commit it`);
  process.exitCode = 1;
}
