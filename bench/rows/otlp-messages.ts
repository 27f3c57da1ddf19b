import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

const REQUEST = 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest';
const protoFolder = fileURLToPath(new URL('../../packages/telemetry/proto/', import.meta.url));

/** The request of logs in the two runtimes that were measured for the product, from its own .proto files. */
export interface LogsRequest {
  readonly protobufjs: protobuf.Type;
  /** That of the runtime that the product uses. */
  readonly bufbuild: DescMessage;
}

/** Reads the .proto files. */
export function logsRequest(): LogsRequest {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : `${protoFolder}${basename(target)}`);
  root.loadSync(readdirSync(protoFolder).map((file) => `${protoFolder}${file}`)).resolveAll();
  return { protobufjs: root.lookupType(REQUEST), bufbuild: bufbuildMessage(root) };
}

/** protobufjs gives one file per package, without the order that they need. */
function bufbuildMessage(root: protobuf.Root): DescMessage {
  const bytes = descriptor.FileDescriptorSet.encode(root.toDescriptor('proto3')).finish();
  const set = fromBinary(FileDescriptorSetSchema, bytes);
  const packages = ['google.protobuf', 'common', 'resource', 'logs', 'metrics', 'trace', 'collector', 'google.rpc'];
  const rank = ({ package: name }: FileDescriptorSet['file'][number]) =>
    name.includes('.collector.') ? 6 : packages.findIndex((part) => name.includes(part));
  set.file.sort((a, b) => rank(a) - rank(b));
  for (const file of set.file) qualify(root, file.messageType, file.package);
  for (const [k, file] of set.file.entries()) file.dependency = set.file.slice(0, k).map(({ name }) => name);
  const message = createFileRegistry(set).getMessage(REQUEST);
  if (!message) throw new Error(`${REQUEST} is in none of the descriptors`);
  return message;
}

/** Names from the root on, where protobufjs writes them as they are seen from the message. */
function qualify(root: protobuf.Root, messages: readonly DescriptorProto[], around: string): void {
  for (const { name, field, nestedType } of messages) {
    const path = `${around}.${name}`;
    for (const one of field) if (one.typeName) one.typeName = root.lookupType(path).lookup(one.typeName)!.fullName;
    qualify(root, nestedType, path);
  }
}

/** A request of so many records with so many attributes each, all of one resource with eight. */
export function requestObject(records: number, attributes: number): object {
  return {
    resourceLogs: [
      {
        resource: { attributes: Array.from({ length: 8 }, (_, k) => attribute(0, k)) },
        scopeLogs: [
          { scope: { name: 'bench' }, logRecords: Array.from({ length: records }, (_, i) => record(i, attributes)) },
        ],
      },
    ],
  };
}

function record(i: number, attributes: number): object {
  return {
    timeUnixNano: `1704067200${String(123_456_789 + i).padStart(9, '0')}`,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: `steal of a port by session ${i} that has been going on for a while` },
    attributes: Array.from({ length: attributes }, (_, k) => attribute(i, k)),
    traceId: Buffer.alloc(16, i + 1),
    spanId: Buffer.alloc(8, i + 1),
    flags: 1,
  };
}

function attribute(i: number, k: number): object {
  const values = [
    { intValue: 12_345 + i },
    { doubleValue: 1.5 * i },
    { boolValue: true },
    { stringValue: `value ${i}` },
  ];
  return { key: `attribute.name.${k}`, value: values[Math.min(k % 6, 3)] };
}
