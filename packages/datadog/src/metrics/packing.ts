import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { packer } from '@tailrace/http';
import type { ConnectionConfig } from '../targets.ts';
import type { Address } from './parts.ts';

/** Packs a body for an address; `encoding` is its Content-Encoding, empty when it stays plain. */
export type Packing = (address: Address, body: Uint8Array) => Promise<{ encoding: string; bytes: Uint8Array }>;

const deflated = promisify(deflate);

/**
 * The packing that the options ask for, in the words of each address: series take `gzip`, `deflate` and `zstd1`, distribution points
 * `deflate` alone (Content-Encoding at docs.datadoghq.com/api/latest/metrics). Throws a ConfigError for a level that the format does not have.
 */
export function metricPacking(config: ConnectionConfig): Packing {
  const { pack } = packer(config);
  const { compression, compression_level: level } = config;
  if (compression === 'none') return (_, body) => Promise.resolve({ encoding: '', bytes: body });
  const encoding = compression === 'zstd' ? 'zstd1' : compression;
  const options = compression === 'gzip' && level !== undefined ? { level } : {};
  return async (address, body) => {
    if (address === 'series') return { encoding, bytes: await pack(body) };
    return { encoding: 'deflate', bytes: await deflated(body, options) };
  };
}
