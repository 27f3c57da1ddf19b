import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packer } from './packer.ts';

const BODY = Buffer.from('one line, and another line, and one more line\n'.repeat(500));

test('what is packed can be unpacked; a higher level makes it smaller', async () => {
  const plain = packer({ compression: 'none', compression_level: undefined });
  expect([await plain.pack(BODY), plain.headers]).toEqual([BODY, {}]);
  for (const [compression, unpack] of [
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const) {
    const { headers, pack } = packer({ compression, compression_level: undefined });
    expect(headers).toEqual({ 'content-encoding': compression });
    expect(unpack(await pack(BODY)).equals(BODY)).toBe(true);
    const [fast, small] = [1, 9].map((compression_level) => packer({ compression, compression_level }));
    expect((await fast!.pack(BODY)).length).toBeGreaterThan((await small!.pack(BODY)).length);
  }
});

test('a level that the format does not have is refused', () => {
  expect(() => packer({ compression: 'gzip', compression_level: 10 })).toThrow('must be at most 9 for gzip, is 10');
  expect(() => packer({ compression: 'none', compression_level: 1 })).toThrow('has no effect');
  expect(() => packer({ compression: 'zstd', compression_level: 19 })).not.toThrow();
});
