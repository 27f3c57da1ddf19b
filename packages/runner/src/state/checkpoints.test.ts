import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startProcess } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { openCheckpoints, StateError } from './checkpoints.ts';

const folder = testFolder({ beforeEach, afterEach });
const file = () => join(folder.path, 'checkpoints.json');
const open = (heard: (string | null)[] = []) =>
  openCheckpoints(folder.path, (error) => heard.push(error?.message ?? null));
const stored = async () => JSON.parse(await readFile(file(), 'utf8'));
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('checkpoints', () => {
  it('come back as they were, by component', async () => {
    const first = await open();
    const a = first.of('a');
    expect(a.resumed).toBe(false);
    a.set('x', { n: 1 });
    a.set('__proto__', [2]);
    first.of('b').set('x', 'other');
    a.set('gone', 1);
    a.delete('gone');
    await first.close();

    const second = await open();
    expect([...second.of('a').entries()]).toEqual([
      ['x', { n: 1 }],
      ['__proto__', [2]],
    ]);
    expect([second.of('a').resumed, second.of('b').get('x'), second.of('c').resumed]).toEqual([true, 'other', false]);
    await second.close();
  });

  it('are on the disk after flush, and within about a second without', async () => {
    const checkpoints = await open();
    const store = checkpoints.of('a');
    const before = checkpoints.writtenAt;
    await pauseMs(5);
    store.set('x', 1);
    await store.flush();
    expect(await stored()).toEqual({ format: 2, components: { a: { x: 1 } } });
    expect(checkpoints.writtenAt).toBeGreaterThan(before);
    // One that is set while a write runs is waited for, too.
    store.set('x', 2);
    const writing = store.flush();
    store.set('y', 3);
    await Promise.all([writing, store.flush()]);
    expect((await stored()).components.a).toEqual({ x: 2, y: 3 });
    store.set('x', 4);
    await pauseMs(1300);
    expect((await stored()).components.a.x).toBe(4);
    await checkpoints.close();
  });

  it('that cannot be written are told once, kept, and written when they can be', async () => {
    const heard: (string | null)[] = [];
    const checkpoints = await open(heard);
    const store = checkpoints.of('a');
    await mkdir(`${file()}.part`);
    store.set('x', 1);
    await expect(store.flush()).rejects.toThrow('EISDIR');
    await expect(store.flush()).rejects.toThrow('EISDIR');
    await pauseMs(1200);
    expect(heard).toEqual([expect.stringContaining('EISDIR')]);
    await rm(`${file()}.part`, { recursive: true });
    await pauseMs(1300);
    expect(heard.slice(1)).toEqual([null]);
    expect((await stored()).components).toEqual({ a: { x: 1 } });
    await checkpoints.close();
  });

  it('are not written any more after the end, when the folder may be another’s', async () => {
    const checkpoints = await open();
    await mkdir(`${file()}.part`);
    checkpoints.of('a').set('x', 1);
    await expect(checkpoints.close()).rejects.toThrow('EISDIR');
    await rm(`${file()}.part`, { recursive: true });
    checkpoints.of('a').set('x', 2);
    await pauseMs(1300);
    await expect(stored()).rejects.toThrow('ENOENT');
  });

  it('of another kind or time are refused with what to do', async () => {
    const refused = async (text: string) => {
      await writeFile(file(), text);
      const error = await open().catch((reason: Error) => reason);
      expect(error).toBeInstanceOf(StateError);
      return (error as Error).message.replace(folder.path, '');
    };
    expect(await refused('{"format":1,"compon')).toMatch(
      /^\/checkpoints.json: damaged \(.*\)\. Restore it from a backup, or move it away to read all inputs anew\.$/,
    );
    expect(await refused('')).toMatch(/damaged/);
    expect(await refused('{"format":3,"anything":[]}')).toBe(
      '/checkpoints.json: format 3 was written by a newer tailrace; this one reads up to 2. Use the newer one.',
    );
    for (const text of [
      'null',
      '[]',
      '7',
      '{}',
      '{"format":1}',
      '{"format":1,"components":null}',
      '{"format":1,"components":{"a":[]}}',
    ])
      expect([text, await refused(text)]).toEqual([
        text,
        '/checkpoints.json: not a checkpoint file. Move it away, or choose another data_dir.',
      ]);
  });

  it('of format 1 are read, and written as they are now', async () => {
    await writeFile(file(), '{"format":1,"components":{"a":{"x":1}}}');
    const checkpoints = await open();
    expect(checkpoints.of('a').get('x')).toBe(1);
    checkpoints.of('a').set('y', 2);
    await checkpoints.close();
    expect(await stored()).toEqual({ format: 2, components: { a: { x: 1, y: 2 } } });
  });

  it('are whole after a kill at any moment', async () => {
    const module = pathToFileURL(join(import.meta.dirname, 'checkpoints.ts')).href;
    const script = `
      import { openCheckpoints } from ${JSON.stringify(module)};
      const checkpoints = await openCheckpoints('.', () => undefined);
      const store = checkpoints.of('a');
      for (let n = (store.get('n') ?? 0) + 1; ; n++) {
        store.set('n', n);
        store.set('text', String(n % 10).repeat(2_000_000));
        await store.flush();
        console.log('flushed ' + n);
      }`;
    let before = 0;
    for (const delay of [5, 31, 57]) {
      const child = await startProcess({
        command: [process.execPath, '--conditions=source', '--input-type=module', '-e', script],
        folder: folder.path,
      });
      await child.line('flushed');
      await pauseMs(delay);
      const { stdout } = await child.kill();
      const { a } = (await stored()).components;
      const flushed = Number(/flushed (\d+)\s*$/.exec(stdout)?.[1]);
      expect(a.n).toBeGreaterThanOrEqual(flushed);
      expect(a.n).toBeGreaterThan(before);
      expect(a.text === String(a.n % 10).repeat(2_000_000)).toBe(true);
      before = a.n;
    }
  }, 20_000);
});
