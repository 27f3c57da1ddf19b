import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testFolder } from '../../test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const module = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../..', name)).href);
const EVENTS = 60_000;
const PER_REQUEST = 200;

/** A process that numbers events from where its checkpoint is, into a disk queue whose sink appends them to a file, or takes nothing. */
async function pipelineProcess(sink: 'dead' | 'slow' | 'fast'): Promise<RunningProcess> {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { component, done, numbered, pipelineConfig, quiet, scriptSink, scriptSource } from ${module('test-pipeline.ts')};
    import { runPipeline } from ${module('run.ts')};
    const source = scriptSource(async (io, batch) => {
      let next = io.checkpoints.get('next') ?? 0;
      let last = Promise.resolve();
      console.log('runs');
      io.ready();
      while (next < ${EVENTS} && !io.signal.aborted) {
        const upTo = (next += 100);
        const { settled } = await io.emit(batch(numbered(100, upTo - 100)), { bytes: 1 });
        last = last.then(async () => {
          if ((await settled) === 'delivered') io.checkpoints.set('next', upTo);
          if (upTo === 100 || upTo % 20000 === 0) console.log('settled ' + upTo);
        });
      }
      io.inputEnded();
      await last;
    });
    const sink = scriptSink(async (events) => {
      if ('${sink}' === 'dead') return { kind: 'retry', code: 'server_unreachable', message: 'refused' };
      if ('${sink}' === 'slow') await new Promise((resolve) => setTimeout(resolve, 100));
      appendFileSync('delivered', events.map(({ n }) => n + '\\n').join(''));
      return done;
    }, { bytes: 1e6, events: ${PER_REQUEST}, waitMs: 5 });
    const { components } = await runPipeline(pipelineConfig('.', [
      component('in', source, []),
      component('out', sink, ['in'], { queue: { type: 'disk', max_bytes: 1e9 } }),
    ]), { once: true, stop: new AbortController().signal, log: quiet, version: '0', env: { NODE_NAME: 'x' } });
    const { received, recovered, sent } = components[1];
    console.log(JSON.stringify({ received, recovered, sent }));`;
  return await startProcess({
    command: [process.execPath, '--conditions=source', '--input-type=module', '-e', script],
    folder: folder.path,
  });
}
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Kills a process so many milliseconds after its first events are durable. */
async function killed(sink: 'dead' | 'slow', afterMs: number): Promise<void> {
  const child = await pipelineProcess(sink);
  await child.line(sink === 'dead' ? 'settled 100' : 'runs');
  await pauseMs(afterMs);
  child.signal('SIGKILL');
  await child.exit();
}
/** Runs to the end with a sink that takes everything; gives the numbers of its ledger. */
async function finished(): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await (await pipelineProcess('fast')).exit();
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
}
const delivered = async () => (await readFile(join(folder.path, 'delivered'), 'utf8')).trim().split('\n').map(Number);

it('survives kill -9 at any moment: nothing is lost', async () => {
  await killed('dead', 0);
  await killed('dead', 300);
  await killed('slow', 200);
  await killed('slow', 700);
  const { received, recovered, sent } = await finished();
  expect(recovered).toBeGreaterThan(0);
  expect(received! + recovered!).toBe(sent);
  expect(new Set(await delivered()).size).toBe(EVENTS);
});

it('sends again only what was delivered within a second before the kill', async () => {
  const full = await pipelineProcess('dead');
  await full.line(`settled ${EVENTS}`);
  // The checkpoint is written within a second.
  await pauseMs(1500);
  full.signal('SIGKILL');
  await full.exit();
  await killed('slow', 2500);
  const before = await delivered();
  expect(before.length).toBeGreaterThan(PER_REQUEST * 10);
  const { received, recovered } = await finished();
  expect(received).toBe(0);
  const lines = await delivered();
  expect(new Set(lines).size).toBe(EVENTS);
  const again = lines.length - EVENTS;
  expect(again).toBe(before.length + recovered! - EVENTS);
  // Two requests at a time take 100 ms each; half a second is for a slow machine.
  expect(again).toBeLessThan(1.5 * 2 * 10 * PER_REQUEST);
});
