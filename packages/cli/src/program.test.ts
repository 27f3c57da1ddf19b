import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { exitCodeOf } from './program.ts';

test('what a command throws is a bug, and says so', async () => {
  const stderr = new PassThrough();
  expect(exitCodeOf(new TypeError('no such thing'), stderr)).toBe(70);
  stderr.end();
  expect(await text(stderr)).toMatch(/^tailrace: this is a bug, please report it: TypeError: no such thing\n/);
});

test('a wrong command line is none, and commander has said what is wrong', () => {
  const stderr = new PassThrough();
  expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', 'x'), stderr)).toBe(64);
  expect(exitCodeOf(new CommanderError(0, 'commander.help', 'x'), stderr)).toBe(0);
  expect(stderr.readableLength).toBe(0);
});
