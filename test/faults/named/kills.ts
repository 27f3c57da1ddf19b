import { setTimeout as sleep } from 'node:timers/promises';
import { type CaseResult, conclude } from '../result.ts';
import { newStage, type Shared, type Stage } from '../stage.ts';
import { until } from '../subject.ts';
import { ownNode } from './own-node.ts';

/** Lines are written all the time while `deaths` go on; then all must be there once. */
async function underLoad(stage: Stage, deaths: () => Promise<void>): Promise<CaseResult> {
  const started = performance.now();
  await stage.addLog({ name: 'web', format: 'docker' });
  await stage.addLog({ name: 'api', format: 'cri' });
  await stage.subject.start();
  let going = true;
  const writing = (async () => {
    while (going) {
      for (const log of stage.logs) await log.write(30);
      await sleep(100);
    }
  })();
  await deaths();
  going = false;
  await writing;
  return await conclude(stage, started);
}

async function killRunner(stage: Stage, times: number): Promise<void> {
  for (let k = 0; k < times; k++) {
    await sleep(stage.random() * 600);
    await stage.subject.kill();
    await stage.subject.start();
  }
}

/** Random `kill -9` of the runner under load. */
export async function runnerKilled(name: string, shared: Shared, times: number, queue: string): Promise<CaseResult> {
  const stage = await newStage(shared, { name, queue: `type: ${queue}` });
  try {
    return await underLoad(stage, () => killRunner(stage, times));
  } finally {
    await stage.dispose();
  }
}

/** `kill -9` of Elasticsearch under load, its data kept; `both`: of the runner at the same time. */
export async function serverKilled(name: string, shared: Shared, times: number, both: boolean): Promise<CaseResult> {
  return await ownNode({}, shared, async (own, node) => {
    const stage = await newStage(own, { name });
    try {
      return await underLoad(stage, async () => {
        for (let k = 0; k < times; k++) {
          await sleep(1000 + stage.random() * 1000);
          await Promise.all([node.kill(), both ? stage.subject.kill() : undefined]);
          if (both) await stage.subject.start();
          await node.restart();
        }
      });
    } finally {
      await stage.dispose();
    }
  });
}

/** `kill -9` when 40 % of many docker lines are delivered, with the settings as they are shipped. */
export async function killedInALongFile(
  name: string,
  shared: Shared,
  lines: number,
  queue: string,
): Promise<CaseResult> {
  const started = performance.now();
  const stage = await newStage(shared, { name, sink: [], queue: `type: ${queue}` });
  try {
    const log = await stage.addLog({ name: 'web', format: 'docker', short: true });
    for (let written = 0; written < lines; written += 5000) await log.write(Math.min(5000, lines - written));
    await stage.subject.start();
    await until(300_000, async () => (await stage.delivered()) >= lines * 0.4, 20);
    await stage.subject.kill();
    await stage.subject.start();
    return await conclude(stage, started);
  } finally {
    await stage.dispose();
  }
}
