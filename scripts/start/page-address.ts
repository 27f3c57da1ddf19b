import { createServer } from 'node:net';

const HOST = '127.0.0.1';
const FIRST_PORT = 9600;
const PORTS = 20;

/** `127.0.0.1:9600`, or the next port of this machine that nothing listens on. Rejects when there is none among twenty. */
export async function pageAddress(): Promise<string> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS; port++) {
    if (await isFree(port)) return `${HOST}:${port}`;
  }
  throw new Error(
    `the ports ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} are all in use: set PAGE_ADDRESS to a free one`,
  );
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
