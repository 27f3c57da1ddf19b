import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admission, type Hold } from './admission.ts';
import { encodingOf, readBody } from './inflate.ts';

const LIMITS = { maxBytes: 1000, maxCompressedBytes: 500 };
const COMPRESS = { identity: (bytes: Uint8Array) => bytes, gzip: gzipSync, zstd: zstdCompressSync } as const;

async function holdOf(bytes: number): Promise<Hold> {
  const doors = admission(bytes + 1);
  const { signal } = new AbortController();
  const [hold, other] = [await doors.enter(0, signal), await doors.enter(0, signal)];
  other!.grow(1);
  return hold!;
}

async function read(body: Uint8Array, encoding: 'identity' | 'gzip' | 'zstd', room = 1e9, limits = LIMITS) {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += 7) chunks.push(body.subarray(at, at + 7));
  return await readBody(chunks, encoding, limits, await holdOf(room));
}

test.each(['identity', 'gzip', 'zstd'] as const)(
  '%s: any body comes out as it was, in whatever pieces it came',
  async (encoding) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(Buffer.from((await read(COMPRESS[encoding](bytes), encoding)) as Uint8Array)).toEqual(
          Buffer.from(bytes),
        );
      }),
      { numRuns: 50 },
    );
  },
);

test.each(['identity', 'gzip', 'zstd'] as const)('%s: the limit is the last size that is taken', async (encoding) => {
  const most = await read(COMPRESS[encoding](new Uint8Array(1000)), encoding);
  const over = await read(COMPRESS[encoding](new Uint8Array(1001)), encoding);
  expect(most).toHaveLength(1000);
  expect(over).toMatchObject({ reason: 'too_large', http: 413, grpc: 8 });
  expect(over).not.toHaveProperty('retryMs');
});

test('a compressed body has a limit of its own', async () => {
  const noise = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919) % 251));
  const packed = gzipSync(noise, { level: 0 });
  expect(await read(packed, 'gzip')).toMatchObject({
    reason: 'too_large',
    message: expect.stringContaining('max_compressed_bytes'),
  });
});

test('a body that would inflate to a gigabyte takes no more than the limit', async () => {
  const limits = { maxBytes: 1 << 20, maxCompressedBytes: 1 << 22 };
  const gigabyte = new Uint8Array(1 << 24);
  const bombs = [
    ['gzip', Buffer.concat(Array.from({ length: 64 }, () => gzipSync(gigabyte)))],
    ['zstd', Buffer.concat(Array.from({ length: 64 }, () => zstdCompressSync(gigabyte)))],
  ] as const;
  for (const [encoding, bomb] of bombs) {
    const before = process.memoryUsage.rss();
    expect(await readBody([bomb], encoding, limits, await holdOf(1e9)), encoding).toMatchObject({
      reason: 'too_large',
    });
    expect(process.memoryUsage.rss() - before, encoding).toBeLessThan(64 << 20);
  }
});

test('a body that does not fit beside the others is refused for now', async () => {
  const full = await read(gzipSync(new Uint8Array(900)), 'gzip', 800);
  expect(full).toMatchObject({ reason: 'full', http: 429, grpc: 8, retryMs: 1000 });
});

test.each(['gzip', 'zstd'] as const)('%s: cut or spoilt is invalid, wherever it happens', async (encoding) => {
  const packed = COMPRESS[encoding](Buffer.from('some text that is there '.repeat(20)));
  for (let at = 0; at < packed.length; at++) {
    expect(await read(packed.subarray(0, at), encoding), `cut at ${at}`).toMatchObject({
      reason: 'invalid',
      http: 400,
      grpc: 3,
    });
  }
  expect(await read(Buffer.from('no such format'), encoding)).toMatchObject({ reason: 'invalid' });
});

test('encodings are known by their names', () => {
  expect([undefined, '', 'identity', 'GZIP', ' zstd '].map(encodingOf)).toEqual([
    'identity',
    'identity',
    'identity',
    'gzip',
    'zstd',
  ]);
  expect(['br', 'gzip, gzip', 'deflate', 'x-gzip', 'constructor'].map(encodingOf)).toEqual(Array(5).fill(undefined));
});
