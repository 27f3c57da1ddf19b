import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type RunningProcess,
  scriptedServer,
} from '@tailrace/testkit';
import { onTestFinished } from 'vitest';

/** A target that stores every document by its id, as Elasticsearch does: a second one with the same id is a 409. */
export interface Target {
  readonly url: string;
  /** How often each line number came, sent again or not. */
  readonly sent: Map<number, number>;
  /** Line numbers by document id. */
  readonly stored: Map<string, number>;
  /** Indices that documents went to. */
  readonly indices: Set<string>;
  stop(): Promise<void>;
}

/** Starts a target; it stops with the test. */
export async function target(): Promise<Target> {
  const sent = new Map<number, number>();
  const stored = new Map<string, number>();
  const indices = new Set<string>();
  const take = (request: RecordedRequest) => {
    const lines = request.text.trimEnd().split('\n');
    const statuses = lines.flatMap((line, k) => (k % 2 === 0 ? [takeOne(line, lines[k + 1]!)] : []));
    request.body = Buffer.alloc(0); // a long run would fill the memory
    return bulkAnswer(request, (index) => statuses[index]!);
  };
  const takeOne = (action: string, text: string): number => {
    const { _id: id, _index: index } = (JSON.parse(action) as { create: { _id: string; _index: string } }).create;
    const { n } = JSON.parse(text) as { n: number };
    sent.set(n, (sent.get(n) ?? 0) + 1);
    indices.add(index);
    if (stored.has(id)) return 409;
    stored.set(id, n);
    return 201;
  };
  const server = await scriptedServer(elasticsearchScript(take));
  onTestFinished(() => server.stop());
  return { url: server.url, sent, stored, indices, stop: () => server.stop() };
}

/** Lines that are lost, doubled or invented at a target that should have `count` of them. */
export function faults({ sent, stored }: Target, count: number) {
  const numbers = [...stored.values()];
  return {
    lost: Array.from({ length: count }, (_, n) => n).filter((n) => !sent.has(n)).length,
    doubled: numbers.length - new Set(numbers).size,
    invented: numbers.filter((n) => !(n < count)).length,
    sentTwice: [...sent.values()].filter((times) => times > 1).length,
  };
}

/** Appends numbered lines at a steady pace until it is told to stop; rotates by renaming now and then. */
export function writer(file: string, everyLines = 0) {
  let count = 0;
  let isStopped = false;
  const writing = (async () => {
    while (!isStopped) {
      const lines = Array.from({ length: 40 }, () => `${JSON.stringify({ n: count++ })}\n`);
      await appendFile(file, lines.join(''));
      if (everyLines > 0 && count % everyLines === 0) await rename(file, `${file}.${count}`);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  })();
  const stop = async (): Promise<number> => {
    isStopped = true;
    await writing;
    return count;
  };
  onTestFinished(async () => void (await stop().catch(() => undefined)));
  return { stop };
}

/** Replaces a file as editors do: written beside it, then renamed. */
export async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.new`), text);
  await rename(join(folder, `${name}.new`), join(folder, name));
}

/** The value of a metric without labels, or of the first series of that name that has this label. */
export async function metric(child: RunningProcess, socket: string, name: string, label = ''): Promise<number> {
  const { body } = await child.endpoint('http://tailrace/metrics', { socketPath: join(child.folder, socket) });
  const line = body.split('\n').find((one) => one.startsWith(name) && one.includes(label));
  return Number(line?.slice(line.lastIndexOf(' ') + 1));
}

/** Waits until `look` gives true. */
export async function until(what: string, look: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > giveUpAt) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
