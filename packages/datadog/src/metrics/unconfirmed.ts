import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { readWhole, replaceFile } from './durable-file.ts';
import { checkedLine, readCheckedLine, restoreMark, type StoredMark, storeMark } from './mark-text.ts';
import type { Mark } from './marks.ts';
import type { Address } from './parts.ts';

/** A packed request, and where its series stand once it is accepted. */
export interface Request {
  readonly sequence: number;
  readonly address: Address;
  /** The Content-Encoding of `body`; empty when it is plain. */
  readonly encoding: string;
  readonly body: Uint8Array;
  readonly marks: ReadonlyMap<string, Mark>;
}

interface Head {
  readonly format: string;
  readonly version: number;
  readonly sequence: number;
  readonly address: Address;
  readonly encoding: string;
  readonly bytes: number;
  readonly crc: number;
  readonly marks: readonly (readonly [string, StoredMark])[];
}

const NAME = 'unconfirmed.request';
const FORMAT = 'tailrace datadog request';
const VERSION = 1;

/**
 * Keeps a request on the disk while nobody knows whether it is accepted, so that the next run can send the very same bytes: Datadog has
 * one value per series and second, so twice is once. Resolves after fsync.
 */
export async function storeRequest(folder: string, request: Request): Promise<void> {
  const { sequence, address, encoding, body, marks } = request;
  const head: Head = {
    ...{ format: FORMAT, version: VERSION, sequence, address, encoding, bytes: body.length, crc: crc32(body) },
    marks: [...marks].map(([key, mark]) => [key, storeMark(mark)]),
  };
  await replaceFile(join(folder, NAME), [checkedLine(head), body]);
}

/** The request that an earlier run has left; `null` when there is none that can be read. Throws for one of a newer version. */
export async function readRequest(folder: string): Promise<Request | null> {
  const path = join(folder, NAME);
  const content = await readWhole(path);
  const end = content?.indexOf(10) ?? -1;
  if (content === null || end === -1) return null;
  const head = readCheckedLine(content.toString('utf8', 0, end)) as Head | undefined;
  if (head?.format !== FORMAT) return null;
  if (head.version > VERSION) {
    throw new Error(`${path} is of version ${head.version}, newer than ${VERSION}: use a newer tailrace`);
  }
  const body = new Uint8Array(content.subarray(end + 1));
  if (body.length !== head.bytes || crc32(body) !== head.crc) return null;
  const { sequence, address, encoding } = head;
  return {
    sequence,
    address,
    encoding,
    body,
    marks: new Map(head.marks.map(([key, mark]) => [key, restoreMark(mark)])),
  };
}
