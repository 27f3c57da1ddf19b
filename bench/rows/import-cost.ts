import { spawnSync } from 'node:child_process';

/** What importing a module takes in a process of its own: CPU, and what the process has grown by. */
export interface ImportCost {
  readonly cpuMilliseconds: number;
  readonly megabytes: number;
}

/** Imports what `names` say, one after the other, as a module in `folder` would; packages of ours have to be built. */
export function importCost(names: readonly string[], folder: string): ImportCost {
  const script = `const rss = process.memoryUsage.rss(); const cpu = process.cpuUsage();
    for (const name of ${JSON.stringify(names)}) await import(name);
    const { user, system } = process.cpuUsage(cpu);
    const cost = { cpuMilliseconds: (user + system) / 1000, megabytes: (process.memoryUsage.rss() - rss) / 1e6 };
    console.log(JSON.stringify(cost));`;
  const args = ['--input-type=module', '-e', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${names.join(', ')} in ${folder}: ${stderr}`);
  return JSON.parse(stdout) as ImportCost;
}
