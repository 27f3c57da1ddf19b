import { ConfigError } from '@tailrace/core';
import { isLoopback, parseAddress } from './api/address.ts';
import type { LocalConfig } from './options.ts';

const LEAST_MEMORY = 128 * 1024 * 1024;
const LEAST_BYTES = 32 * 1024 * 1024;

/** Throws a ConfigError for options that do not fit together. */
export function checkOptions({ memory_limit, retention, page }: LocalConfig): void {
  if (memory_limit < LEAST_MEMORY) throw new ConfigError(['memory_limit'], 'must be at least 128MiB');
  if (retention.max_bytes < LEAST_BYTES) throw new ConfigError(['retention', 'max_bytes'], 'must be at least 32MiB');
  if (retention.max_age < 60_000) throw new ConfigError(['retention', 'max_age'], 'must be at least 1m');
  if (!page.enabled) return;
  const address = parseAddress(page.address);
  if (!address) {
    throw new ConfigError(['page', 'address'], 'must be an address and a port, such as 127.0.0.1:9600 or [::1]:9600');
  }
  if (!isLoopback(address.host) && page.token === undefined) {
    throw new ConfigError(
      ['page', 'address'],
      `listens beyond this machine (${address.host}), so \`page.token\` must be set; or use 127.0.0.1 and a tunnel`,
    );
  }
}
