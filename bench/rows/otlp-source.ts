import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { freePort } from '@tailrace/testkit';
import { startCommand } from './command.ts';
import { logsRequest, requestObject } from './otlp-messages.ts';
import { type Measurable, type Row, rowOf } from './row.ts';
import { withFolder } from './texts.ts';

const BATCH = 500;
const ATTRIBUTES = 20;
const NAME = 'otlp-grpc-source';

/**
 * The otlp source at its defaults, fed over gRPC by a client in another process with log records in batches of 500, into the stdout sink
 * with nobody behind it. The reference decodes the same bytes with the protobuf runtime that the product uses, and does nothing with them.
 */
export const otlpSourceRows: readonly Measurable[] = [{ name: NAME, bound: 2, measure }];

async function measure(lines: number): Promise<Row> {
  const calls = Math.ceil(lines / BATCH);
  const { protobufjs, bufbuild } = logsRequest();
  const body = Uint8Array.from(protobufjs.encode(protobufjs.fromObject(requestObject(BATCH, ATTRIBUTES))).finish());
  const reference = decodeCost(() => fromBinary(bufbuild, body), calls) / BATCH;
  return await withFolder(async (folder) => {
    const port = await freePort();
    const file = join(folder, 'request.bin');
    await writeFile(file, body);
    const pipeline = join(folder, 'pipeline.json');
    await writeFile(pipeline, JSON.stringify(pipelineOf(folder, port)));
    const command = await startCommand(folder, pipeline, false, {});
    await reachable(port, command.said);
    await runClient(`127.0.0.1:${port}`, file, calls);
    command.child.kill('SIGTERM');
    return rowOf(NAME, calls * BATCH, await command.usage(), reference);
  });
}

function pipelineOf(folder: string, port: number): object {
  return {
    data_dir: join(folder, 'data'),
    metrics: { enabled: false },
    sources: { in: { type: 'otlp', grpc: { address: `127.0.0.1:${port}` }, http: false } },
    sinks: { out: { type: 'stdout', inputs: ['in'] } },
  };
}

/** CPU µs of one decoding; the first ones, that V8 has not compiled yet, count as they do in the process beside it. */
function decodeCost(decode: () => unknown, times: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) decode();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

async function reachable(port: number, said: () => string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`the source did not listen:\n${said()}`);
}

async function runClient(address: string, file: string, calls: number): Promise<void> {
  const program = join(import.meta.dirname, '../otlp-client.ts');
  const child = spawn(process.execPath, [program, address, file, String(calls)], { stdio: ['ignore', 2, 2] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the client ended with ${code}`);
}
