import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Below the ports that systems hand out to clients: none of those sits on a server's port while it restarts. The next 10,000 are for
 * servers that are started later, in other processes.
 */
const PORTS = { listening: 10_000, later: 20_000, count: 10_000 };
/** A port that was promised and not used for so long, in milliseconds, is free again. */
const PROMISED_MS = 15 * 60_000;

/** A listening server: its port, and a stop that also cuts the open connections. */
export interface Listening {
  port: number;
  stop(): Promise<void>;
}

/** Binds a TCP, HTTP or TLS server to the loopback interface; port 0 takes a free one. */
export async function listenOnLoopback(server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await (port === 0 ? listenSomewhere(server) : listen(server, port));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: address.port, stop };
}

/** A loopback port that nothing listens on, for a server that cannot be told 0 or must keep its port over restarts. Nobody else gets it meanwhile. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listenSomewhere(server, PORTS.later, promise);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether the port was promised to this call alone: tests run in many processes. */
async function promise(port: number): Promise<boolean> {
  const folder = join(tmpdir(), 'tailrace-test-ports');
  const file = join(folder, String(port));
  await mkdir(folder, { recursive: true }).catch(() => undefined);
  const since = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
  if (Date.now() - since > PROMISED_MS) await rm(file, { force: true });
  return await writeFile(file, '', { flag: 'wx' }).then(
    () => true,
    // Where nothing can be noted, ports are promised as well as can be.
    (error: NodeJS.ErrnoException) => error.code !== 'EEXIST',
  );
}

async function listenSomewhere(
  server: Server,
  lowest = PORTS.listening,
  mayTake: (port: number) => boolean | Promise<boolean> = () => true,
): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * PORTS.count);
    if (!(await mayTake(port))) continue;
    const error = await listen(server, port).catch((reason: NodeJS.ErrnoException) => reason);
    if (error === undefined) return;
    if (error.code !== 'EADDRINUSE') throw error;
  }
  throw new Error(`no free port from ${lowest} to ${lowest + PORTS.count - 1}`);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
