import { once } from 'node:events';
import { connect } from 'node:net';

/** A connection to write any bytes into. */
export interface RawHttp {
  send(bytes: string | Uint8Array): void;
  /** All that has come back so far. */
  received(): string;
  /** Says that nothing more will be sent. */
  finish(): void;
  end(): void;
  /** Resolves when it is closed. */
  readonly closed: Promise<unknown>;
}

/** Connects to `host:port`. */
export async function rawHttp(address: string): Promise<RawHttp> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return {
    send: (bytes) => void socket.write(bytes),
    received: () => text,
    finish: () => void socket.end(),
    end: () => socket.destroy(),
    closed,
  };
}
