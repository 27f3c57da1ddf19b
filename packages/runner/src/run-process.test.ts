import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const module = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href);

/** A process whose only content is a pipeline: it ends by itself when nothing of the run is left. */
async function pipelineProcess(body: string): Promise<RunningProcess> {
  const script = `
    import { component, done, eventsSource, numbered, pipelineConfig, quiet, scriptSink, scriptSource } from ${module('test-pipeline.ts')};
    import { runPipeline } from ${module('run.ts')};
    const run = (components, options = {}, more = {}) => runPipeline(pipelineConfig('.', components, options), {
      once: true, stop: new AbortController().signal, log: quiet, version: '0', env: { NODE_NAME: 'x' }, ...more,
    });
    const waiting = () => scriptSource((io) => new Promise((resolve) => io.signal.addEventListener('abort', resolve)));
    ${body}
    console.log('run has ended');
    process.once('exit', () => console.log('after ' + Math.round(performance.now() - ended)));
    const ended = performance.now();`;
  return await startProcess({
    command: [process.execPath, '--conditions=source', '--input-type=module', '-e', script],
    folder: folder.path,
  });
}

/** How long the process lived on after its run, in milliseconds. */
async function livedOn(child: RunningProcess): Promise<number> {
  const { code, stdout, stderr } = await child.exit();
  expect([code, stderr]).toEqual([0, '']);
  return Number(/after (\d+)/.exec(stdout)?.[1]);
}

describe('a process', () => {
  it('ends by itself after a run with everything on', async () => {
    const child = await pipelineProcess(`
      const sink = scriptSink(() => done, undefined, { probe: () => new Promise(() => undefined) });
      await run([component('in', eventsSource([numbered(9)]), []), component('out', sink, ['in'])],
        { settings: { metrics: { address: '127.0.0.1:0' } } });`);
    expect(await livedOn(child)).toBeLessThan(500);
  });

  it('ends by itself after a stop, with a target that never answers', async () => {
    const child = await pipelineProcess(`
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 30);
      const sink = scriptSink(() => new Promise(() => undefined), undefined, { maxInFlight: 1 });
      await run([component('in', eventsSource([numbered(9)]), []), component('out', sink, ['in'])],
        { shutdown: '50ms' }, { stop: stop.signal });`);
    expect(await livedOn(child)).toBeLessThan(500);
  });

  it('ends by itself when the start failed', async () => {
    const child = await pipelineProcess(`
      await run([component('in', waiting(), []), component('out', scriptSink(() => done), ['in'])],
        { settings: { metrics: { address: '192.0.2.1:1' } } }).catch((error) => console.log(error.message));`);
    await child.line('metrics.address 192.0.2.1:1 cannot be listened on');
    expect(await livedOn(child)).toBeLessThan(500);
  });

  it('keeps running while it waits for input', async () => {
    const child = await pipelineProcess(`
      const stop = new AbortController();
      process.on('SIGTERM', () => stop.abort());
      console.log('waits');
      await run([component('in', waiting(), []), component('out', scriptSink(() => done), ['in'])], {}, { stop: stop.signal });`);
    await child.line('waits');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.stdout()).not.toContain('run has ended');
    child.signal('SIGTERM');
    expect(await livedOn(child)).toBeLessThan(500);
  });
});
