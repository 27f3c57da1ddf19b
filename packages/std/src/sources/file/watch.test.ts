import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { baseOf } from './find.ts';
import { newPlace } from './harness.ts';
import { createWatches } from './watch.ts';

test('a folder that cannot be watched is told once; one that is missing is not', async () => {
  const at = await newPlace();
  onTestFinished(() => at.remove());
  await mkdir(at.path('closed'));
  await chmod(at.path('closed'), 0o000);
  const failures: string[] = [];
  const watches = createWatches({ changed() {}, failed: (folder) => failures.push(folder) });
  onTestFinished(() => watches.close());
  // The superuser may watch everything, so this runs as nobody where the test runs as root.
  const asRoot = process.geteuid?.() === 0;
  if (asRoot) await chmod(at.folder, 0o755);
  if (asRoot) process.seteuid?.(65_534);
  try {
    for (let i = 0; i < 2; i++) watches.follow(new Set([at.path('closed'), at.path('missing')]));
  } finally {
    if (asRoot) process.seteuid?.(0);
  }
  expect(failures).toEqual([at.path('closed')]);
});

test('a process does not find the files that its own output goes to', async () => {
  const at = await newPlace();
  onTestFinished(() => at.remove());
  await at.append('other.log', 'x\n');
  const output = await open(at.path('own.log'), 'w');
  const script = `
    import { createSearch } from ${JSON.stringify(join(import.meta.dirname, 'find.ts'))};
    const { files } = await createSearch([{ include: [process.argv[1]], exclude: [] }])();
    console.log(JSON.stringify(files.map(({ path }) => path)));`;
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--input-type=module', '-e', script, at.path('*.log')],
    {
      cwd: import.meta.dirname,
      stdio: ['ignore', output.fd, 'inherit'],
    },
  );
  await once(child, 'close');
  await output.close();
  expect(JSON.parse(await readFile(at.path('own.log'), 'utf8'))).toEqual([at.path('other.log')]);
});

test.for([
  ['/var/log/*.log', '/var/log'],
  ['/var/log/pods/*/*/*.log', '/var/log/pods'],
  ['/var/log/app.log', '/var/log'],
  ['/{a,b}/c', '/'],
])('the folder of %s before its first wildcard is %s', ([pattern, base]) => {
  expect(baseOf(pattern!)).toBe(base);
});
