import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import { ConfigError, integer } from '@tailrace/core';

const gzipped = promisify(gzip);
const zstandard = promisify(zstdCompress);

/** The option `compression_level` of sinks that pack what they send. */
export const compressionLevel = integer({
  minimum: 1,
  maximum: 19,
  description: 'How hard to pack: 1 is fast; gzip goes to 9. Default: 6 for gzip, 3 for zstd.',
});

interface Packing {
  readonly compression: 'gzip' | 'zstd' | 'none';
  readonly compression_level: number | undefined;
}

/** How bodies are packed, and what says so in the request. */
export interface Packer {
  readonly headers: Readonly<Record<string, string>>;
  pack(body: Uint8Array): Promise<Uint8Array>;
}

/** The packer that the options ask for (RFC 1952, RFC 8878); throws a {@link ConfigError} for a level that the format does not have. */
export function packer({ compression, compression_level: level }: Packing): Packer {
  if (level !== undefined && level > 9 && compression === 'gzip') {
    throw new ConfigError(['compression_level'], `must be at most 9 for gzip, is ${level}`);
  }
  if (level !== undefined && compression === 'none') {
    throw new ConfigError(['compression_level'], 'has no effect with `compression: none`');
  }
  if (compression === 'none') return { headers: {}, pack: (body) => Promise.resolve(body) };
  if (compression === 'gzip') {
    const options = level === undefined ? {} : { level };
    return { headers: { 'content-encoding': 'gzip' }, pack: (body) => gzipped(body, options) };
  }
  const options = level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } };
  return { headers: { 'content-encoding': 'zstd' }, pack: (body) => zstandard(body, options) };
}
