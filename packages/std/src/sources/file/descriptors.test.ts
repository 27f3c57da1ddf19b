import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// In a process of its own, where few files may be open.
const SCRIPT = `
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { newPlace, start } from ${JSON.stringify(join(import.meta.dirname, 'harness.ts'))};

const at = await newPlace();
const hog = [];
try {
  const names = Array.from({ length: 60 }, (_, i) => \`f\${i}.log\`);
  for (const name of names) await at.append(name, 'first\\n');
  await at.append('part.log', '2024-01-01T00:00:00Z stdout P half\\n');
  const part = openSync(at.path('part.log'), 'a');
  const late = openSync(at.path('late.log'), 'a');
  const run = start(at, { graceMs: 100, watches: false });
  const told = [];
  const set = run.notReady.set.bind(run.notReady);
  run.notReady.set = (subject, reason) => (told.push(subject + ': ' + reason), set(subject, reason));
  await run.until(() => run.logs.length === 60, 'the first lines');
  await run.until(() => run.notReady.size === 0, 'fewer open files');
  told.length = 0;
  try {
    for (;;) hog.push(openSync('/dev/null', 'r'));
  } catch {
    // No more.
  }
  writeSync(late, 'late\\n');
  await run.until(() => run.notReady.size > 0, 'the reason');
  await delay(400);
  const none = { told: told.splice(0), notReady: [...run.notReady], logs: run.logs.length - 60 };
  for (const descriptor of hog.splice(0)) closeSync(descriptor);
  await run.until(() => run.logs.length === 61 && run.notReady.size === 0, 'what was written meanwhile');
  writeSync(part, '2024-01-01T00:00:01Z stdout F  and half\\n');
  for (const name of names) await at.append(name, 'second\\n');
  await run.until(() => run.logs.length === 122, 'the rest');
  await delay(200);
  await run.stop();
  const ids = new Set(run.events.map(({ id }) => id)).size;
  console.log(JSON.stringify({ none, logs: run.logs.slice(60).toSorted(), ids, again: told }));
} catch (error) {
  console.error(error);
} finally {
  for (const descriptor of hog) closeSync(descriptor);
  await at.remove();
}`;

test('without free file descriptors: told once, nothing is lost or given up, and reading goes on by itself', async () => {
  const arguments_ = ['--conditions=source', '--input-type=module', '-e', SCRIPT];
  const child = spawn('sh', ['-c', 'ulimit -n 80 && exec "$0" "$@"', process.execPath, ...arguments_], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = child.stdout.toArray();
  await once(child, 'close');
  const seen = JSON.parse(Buffer.concat(await output).toString());
  const reason = 'open files: EMFILE: too many open files';
  expect(seen.none.notReady).toEqual([['open files', 'EMFILE: too many open files']]);
  expect([seen.none.told, seen.none.logs, seen.again]).toEqual([[reason], 0, []]);
  expect(seen.logs).toEqual(['half and half', 'late', ...Array(60).fill('second')]);
  expect(seen.ids).toBe(122);
});
