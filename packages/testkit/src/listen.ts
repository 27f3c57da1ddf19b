import type { Server, Socket } from 'node:net';

/** Below the ports that systems hand out to clients: none of those sits on a server's port while it restarts. */
const LOWEST_PORT = 10_000;
const PORTS = 10_000;

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

async function listenSomewhere(server: Server): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    const error = await listen(server, port).catch((reason: NodeJS.ErrnoException) => reason);
    if (error === undefined) return;
    if (error.code !== 'EADDRINUSE') throw error;
  }
  throw new Error(`no free port from ${LOWEST_PORT} to ${LOWEST_PORT + PORTS - 1}`);
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
