import { freePort } from './listen.ts';
import { startServerProcess } from './server-process.ts';

/** How an Envoy is started; `program` is what the kit script installed. */
export interface EnvoyOptions {
  program: string;
  /** `static_resources` of its configuration; listeners with `port_value: 0` get a free port each. */
  resources: { listeners: object[]; clusters: object[] };
}

/** A running Envoy. */
export interface Envoy {
  /** `http://127.0.0.1:PORT` of the listener of that name. */
  url(listener: string): Promise<string>;
  /** What it has said. */
  log(): string;
  /** Ends it; access logs that are buffered are sent first. */
  stop(): Promise<void>;
}

interface ListenerList {
  listener_statuses: { name: string; local_address: { socket_address: { port_value: number } } }[];
}

/** Starts Envoy on loopback ports, about a second; throws with its log when it does not come up. */
export async function startEnvoy({ program, resources }: EnvoyOptions): Promise<Envoy> {
  const admin = await freePort();
  const address = { socket_address: { address: '127.0.0.1', port_value: admin } };
  const running = await startServerProcess({
    command: [program, '-c', 'envoy.json', '--concurrency', '1', '--disable-hot-restart', '-l', 'warn'],
    files: { 'envoy.json': JSON.stringify({ admin: { address }, static_resources: resources }) },
  });
  const ask = (path: string) =>
    running.endpoint(`http://127.0.0.1:${admin}${path}`, { until: ({ status }) => status === 200 });
  await ask('/ready').catch(async (error: unknown) => {
    await running.dispose();
    throw error;
  });
  return {
    log: () => running.stderr(),
    async url(listener) {
      const { listener_statuses: listeners } = JSON.parse((await ask('/listeners?format=json')).body) as ListenerList;
      const found = listeners.find(({ name }) => name === listener);
      if (!found) throw new Error(`Envoy has no listener ${listener}`);
      return `http://127.0.0.1:${found.local_address.socket_address.port_value}`;
    },
    async stop() {
      running.signal('SIGTERM');
      await running.exit();
      await running.dispose();
    },
  };
}
