import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** How many files of the gRPC library a process has loaded that made a sink. */
const PROGRAM = `
import { createRequire } from 'node:module';
import { resolveConfig } from '@tailrace/core';
import { otlpSink } from '@tailrace/otlp';
const config = resolveConfig(otlpSink.config, { protocol: process.argv[1] });
const sink = await otlpSink.create({ config, context: { resolvePath: (file) => file } });
await sink.close();
const files = Object.keys(createRequire(import.meta.url).cache);
console.log(files.filter((file) => file.includes('@grpc')).length);
`;

test('the gRPC library is loaded only where it is spoken', async () => {
  const loaded = async (protocol: string): Promise<number> => {
    const options = ['--conditions=source', '--input-type=module', '--eval', PROGRAM, protocol];
    const { stdout } = await run(process.execPath, options, { cwd: import.meta.dirname });
    return Number(stdout);
  };
  expect(await loaded('http/protobuf')).toBe(0);
  expect(await loaded('grpc')).toBeGreaterThan(0);
});
