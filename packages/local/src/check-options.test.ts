import { ConfigError, resolveConfig } from '@tailrace/core';
import { describe, expect, test } from 'vitest';
import { checkOptions } from './check-options.ts';
import { localOptions } from './options.ts';

function problem(options: object): string | null {
  try {
    checkOptions(resolveConfig(localOptions, options));
    return null;
  } catch (error) {
    const { at, message } = error as ConfigError;
    expect(error).toBeInstanceOf(ConfigError);
    return `${at.join('.')}: ${message}`;
  }
}

describe('the page', () => {
  test.each(['127.0.0.1:9600', '127.1.2.3:0', 'localhost:80', '[::1]:9600'])('%s needs no token', (address) => {
    expect(problem({ page: { address } })).toBeNull();
  });

  test.each([
    '0.0.0.0:9600',
    '[::]:9600',
    '192.168.1.5:9600',
    '[::ffff:1.2.3.4]:80',
    'example.com:80',
    '127.0.0.1.example.com:80',
  ])('%s needs a token', (address) => {
    expect(problem({ page: { address } })).toMatch(/^page\.address: listens beyond this machine/);
    expect(problem({ page: { address, token: 'a long secret' } })).toBeNull();
  });

  test.each(['9600', ':9600', '127.0.0.1', '127.0.0.1:99999', '127.0.0.1:x'])('%s is no address', (address) => {
    expect(problem({ page: { address } })).toMatch(/^page\.address: must be an address and a port/);
  });

  test('a page that is not served needs nothing', () => {
    expect(problem({ page: { enabled: false, address: '0.0.0.0:9600' } })).toBeNull();
  });
});

test('limits have a floor', () => {
  expect(problem({ memory_limit: '127MiB' })).toBe('memory_limit: must be at least 128MiB');
  expect(problem({ retention: { max_bytes: '1MiB' } })).toBe('retention.max_bytes: must be at least 32MiB');
  expect(problem({ retention: { max_age: '59s' } })).toBe('retention.max_age: must be at least 1m');
});
