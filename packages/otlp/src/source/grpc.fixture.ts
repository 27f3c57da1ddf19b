import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type OtlpSignal, type RpcStatus, readStatus } from '@tailrace/telemetry';

const SERVICES: Readonly<Record<OtlpSignal, string>> = {
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
  traces: 'trace.v1.TraceService',
};

/** Path of the Export method of a signal. */
export const exportPath = (signal: OtlpSignal): string => `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`;

/** What a call was answered with. */
export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** The google.rpc.Status in the details of a refusal. */
  readonly status?: RpcStatus;
  /** The message of a success. */
  readonly body?: Buffer;
}

/** How a call is made. */
export interface GrpcCall {
  readonly channel?: ChannelCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** As grpc-js numbers them: 2 is gzip. */
  readonly compression?: number;
}

const clients: Client[] = [];

/** Calls Export with the official client; it stays open until {@link closeClients}. */
export async function callExport(
  address: string,
  signal: OtlpSignal,
  body: Buffer,
  { channel = credentials.createInsecure(), headers = {}, compression }: GrpcCall = {},
): Promise<GrpcAnswer> {
  const client = new Client(address, channel, {
    'grpc.enable_retries': 0,
    ...(compression !== undefined && { 'grpc.default_compression_algorithm': compression }),
  });
  clients.push(client);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const same = (bytes: Buffer): Buffer => bytes;
  return await new Promise((resolve) => {
    client.makeUnaryRequest(exportPath(signal), same, same, body, metadata, (error, answer) => {
      if (error) resolve(failure(error));
      else resolve({ code: 0, details: '', body: answer ?? Buffer.alloc(0) });
    });
  });
}

function failure({ code, details, metadata }: ServiceError): GrpcAnswer {
  const bytes = metadata.get('grpc-status-details-bin')[0];
  return { code, details, ...(bytes instanceof Buffer && { status: readStatus(bytes) }) };
}

/** Closes the clients of a test. */
export function closeClients(): void {
  for (const client of clients.splice(0)) client.close();
}

/** A message with its head, as gRPC frames it. */
export function framed(body: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Calls Export over plain HTTP/2, with any bytes in any encoding: what the official client would not send. `undefined`: the call broke off. */
export async function rawExport(
  address: string,
  signal: OtlpSignal,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const session: ClientHttp2Session = connect(`http://${address}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': exportPath(signal),
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let code: string | undefined;
  const note = (received: object): void => {
    code ??= Object.entries(received).find(([name]) => name === 'grpc-status')?.[1];
  };
  stream.on('response', note).on('trailers', note);
  stream.on('error', () => undefined).resume();
  stream.end(bytes);
  await once(stream, 'close');
  session.destroy();
  return code === undefined ? undefined : Number(code);
}
