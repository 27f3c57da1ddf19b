import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainerLog, faultDisksMissing } from '@tailrace/testkit';
import { type MatrixCase, nameOf } from './axes.ts';
import { FILE_EVENTS, type FileEvent } from './file-events.ts';
import { hasRecords, QUEUE_FAULTS } from './queue-faults.ts';
import { type CaseResult, conclude } from './result.ts';
import { type SinkFault, sinkFault } from './sink-faults.ts';
import { newStage, type Shared, type Stage } from './stage.ts';
import { until } from './subject.ts';

const LINES = 150;
/** A subject without inotify: the system refuses every watch, as it does when all are taken. */
const NO_WATCHES = `data:text/javascript,${encodeURIComponent(`
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
fs.watch = () => { throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' }); };
syncBuiltinESMExports();`)}`;

/** One cell: lines are written, the file event happens, the target fails, the subject lives or dies, and all has to come right. */
export async function runMatrixCase(one: MatrixCase, shared: Shared): Promise<CaseResult> {
  const queue = QUEUE_FAULTS[one.queue];
  const started = performance.now();
  if (queue.diskBytes !== undefined) {
    const skipped = await faultDisksMissing();
    if (skipped !== undefined) return { name: nameOf(one), skipped };
  }
  const stage = await newStage(shared, {
    name: nameOf(one),
    queue: queue.config,
    ...(queue.diskBytes !== undefined && { diskBytes: queue.diskBytes }),
    ...(one.file === 'no_inotify' && { nodeArguments: ['--import', NO_WATCHES] }),
  });
  try {
    await addLogs(one, stage);
    const fault = sinkFault(one.sink, stage);
    await play(one, stage, fault);
    fault.off();
    await queue.off?.(stage);
    for (const { name } of stage.logs.filter((log) => !stage.struck.has(log)))
      stage.missed.push(`the file event did not happen to ${name}`);
    return await conclude(stage, started, stage.missed);
  } finally {
    await stage.dispose();
  }
}

async function addLogs({ file, sink }: MatrixCase, stage: Stage): Promise<void> {
  const poison = sink === 'entry_400' ? { poisonEvery: 40 } : {};
  if (file === 'short_files') {
    for (let k = 0; k < 8; k++)
      await stage.addLog({ name: `short${k}`, format: k % 2 === 0 ? 'docker' : 'cri', short: true, ...poison });
    return;
  }
  if (file === 'same_first_kilobyte') {
    const format = stage.random() < 0.5 ? 'docker' : 'cri';
    const [a, b] = [
      await stage.addLog({ name: 'twin1', format, ...poison }),
      await stage.addLog({ name: 'twin2', format, ...poison }),
    ];
    await b.writeAgain(await a.write(10));
    return;
  }
  await stage.addLog({ name: 'web', format: 'docker', ...poison });
  await stage.addLog({ name: 'api', format: 'cri', ...poison });
}

async function play(one: MatrixCase, stage: Stage, fault: SinkFault): Promise<void> {
  const event = FILE_EVENTS[one.file];
  const lines = one.file === 'short_files' ? 1 : LINES;
  const write = () => Promise.all(stage.logs.map((log) => log.write(lines)));
  const { subject } = stage;
  await subject.start();
  fault.on();
  await write();
  await sleep(200);
  if (event.at !== 'down') await happen(one, stage, fault, false);
  else if (one.life === 'running') await whileFrozen(stage, () => happen(one, stage, fault, true));
  await beginQueueFault(one, stage, fault);
  await write();
  await sleep(Math.floor(stage.random() * 300));
  await liveOrDie(one, stage, fault, write);
  await write();
  await sleep(300);
}

/** The event at every log; where it destroys bytes, only after everything written before is safe. */
async function happen(one: MatrixCase, stage: Stage, fault: SinkFault, isDown: boolean): Promise<void> {
  const event = FILE_EVENTS[one.file];
  if (event.destroys(isDown, one)) {
    fault.off();
    await stage.allDelivered(10_000);
    fault.on();
  }
  // A file that was never seen cannot be found again under another name: no tailer promises that.
  for (const log of stage.logs) if (await stage.isSeen(log, 3000)) await apply(stage, log, event, isDown);
}

async function apply(stage: Stage, log: ContainerLog, event: FileEvent, isDown: boolean): Promise<void> {
  stage.struck.add(log);
  await event.apply(stage, log, isDown);
}

async function harm(stage: Stage, damage: (stage: Stage) => Promise<boolean>): Promise<void> {
  if (!(await damage(stage))) stage.missed.push('there was nothing in the queue to damage');
}

async function whileFrozen(stage: Stage, action: () => Promise<void>): Promise<void> {
  const { subject } = stage;
  for (const log of stage.logs) await stage.isSeen(log, 3000);
  subject.signal('SIGSTOP');
  await action();
  subject.signal('SIGCONT');
}

async function beginQueueFault({ queue }: MatrixCase, stage: Stage, fault: SinkFault): Promise<void> {
  await QUEUE_FAULTS[queue].on?.(stage);
  // What is to be damaged has to be on the disk: the target takes nothing until then.
  if (!QUEUE_FAULTS[queue].damage) return;
  fault.off();
  stage.proxy.apply({ kind: 'hang' });
}

async function liveOrDie(
  one: MatrixCase,
  stage: Stage,
  fault: SinkFault,
  write: () => Promise<unknown>,
): Promise<void> {
  const { subject } = stage;
  const { damage } = QUEUE_FAULTS[one.queue];
  const event = FILE_EVENTS[one.file];
  const destroysWhenDown = event.at !== 'running' && event.destroys(true, one);
  if (damage) await until(5000, () => hasRecords(stage));
  if (one.life === 'running') {
    if (damage) await whileFrozen(stage, () => harm(stage, damage));
    fault.on();
    return;
  }
  if (event.at !== 'running') for (const log of stage.logs) await stage.isSeen(log, 3000);
  const end = () => (one.life === 'killed' ? subject.kill() : subject.stop());
  await end();
  if (damage) await harm(stage, damage);
  if (event.at !== 'running' && !destroysWhenDown) await happen(one, stage, fault, true);
  await write();
  fault.on();
  await subject.start();
  if (!destroysWhenDown) return;
  // A second death, at rest, for what may be destroyed only when everything else is safe.
  await QUEUE_FAULTS[one.queue].off?.(stage);
  fault.off();
  if (!subject.isRunning) await subject.start();
  await stage.allDelivered(15_000);
  await end();
  for (const log of stage.logs) await apply(stage, log, event, true);
  await write();
  fault.on();
  await subject.start();
}
