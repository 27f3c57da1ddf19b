import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';

/**
 * The sender of `otlp-grpc-source`, in a process of its own: `otlp-client.ts HOST:PORT FILE COUNT` calls Export with the file's bytes so
 * often, four calls at once, each answered before the next one.
 */
const AT_ONCE = 4;
const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const [address = '', file = '', count = ''] = process.argv.slice(2);
const client = new Client(address, credentials.createInsecure());
const body = readFileSync(file);
let left = Number(count);

function call(): Promise<void> {
  return new Promise((resolve, reject) => {
    const same = (bytes: Buffer): Buffer => bytes;
    client.makeUnaryRequest(EXPORT, same, same, body, (error) => (error ? reject(error) : resolve()));
  });
}

async function send(): Promise<void> {
  while (left-- > 0) await call();
}

await Promise.all(Array.from({ length: AT_ONCE }, send));
client.close();
