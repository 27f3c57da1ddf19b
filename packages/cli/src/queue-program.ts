import type { Command } from 'commander';
import type { Streams } from './commands/dead-letters.ts';

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
const DIR = 'the folder of a disk queue: data_dir/queues/ID';

/** Adds `tailrace queue` and what it can do. */
export function addQueue(program: Command, streams: Streams): void {
  const queue = program.command('queue').description('Look at the disk queue of a sink, and save what is in it.');
  queue
    .command('inspect')
    .description('Say what waits in a disk queue, and whether its files are whole; exits 1 when they are not.')
    .argument('<dir>', DIR)
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples('tailrace queue inspect /var/lib/tailrace/queues/search'))
    .action(async (dir: string, { json = false }: { json?: boolean }) => {
      const { inspectCommand } = await import('./commands/queue.ts');
      process.exitCode = await inspectCommand(dir, json, streams);
    });
  queue
    .command('export')
    .description('Print the events that wait in a disk queue, a JSON line each, and leave them there.')
    .argument('<dir>', DIR)
    .option('--events', 'only the events, without where they are from')
    .addHelpText('after', examples('tailrace queue export --events .tailrace/queues/search > events.ndjson'))
    .action(async (dir: string, { events = false }: { events?: boolean }) => {
      const { exportCommand } = await import('./commands/queue.ts');
      process.exitCode = await exportCommand(dir, events, streams);
    });
  queue
    .command('repair')
    .description('Do what a start does with damaged files: save what can be read, move them to DIR/quarantine.')
    .argument('<dir>', `${DIR}, used by no process`)
    .addHelpText('after', examples('tailrace queue repair /var/lib/tailrace/queues/search'))
    .action(async (dir: string) => {
      const { repairCommand } = await import('./commands/queue.ts');
      process.exitCode = await repairCommand(dir, streams);
    });
}
