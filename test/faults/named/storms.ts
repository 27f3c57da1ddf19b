import { setTimeout as sleep } from 'node:timers/promises';
import { type CaseResult, conclude } from '../result.ts';
import { newStage, type Shared, type Stage, type StageOptions } from '../stage.ts';
import { until } from '../subject.ts';
import { ownNode } from './own-node.ts';

const LINES = 3000;

async function flood(stage: Stage, isHit: () => boolean | Promise<boolean>): Promise<CaseResult> {
  const started = performance.now();
  for (const format of ['docker', 'cri'] as const) {
    const log = await stage.addLog({ name: format, format, short: true });
    await log.write(LINES);
  }
  await stage.subject.start();
  // A storm that never came would prove nothing.
  const problems = (await until(20_000, isHit)) ? [] : ['the server refused nothing'];
  return await conclude(stage, started, problems);
}

async function onNode(
  settings: Record<string, string>,
  shared: Shared,
  options: StageOptions,
  isHit: (stage: Stage) => boolean | Promise<boolean>,
): Promise<CaseResult> {
  return await ownNode(settings, shared, async (own) => {
    const stage = await newStage(own, options);
    try {
      return await flood(stage, () => isHit(stage));
    } finally {
      await stage.dispose();
    }
  });
}

const has429 = ({ proxy }: Stage) => proxy.requests.some(({ status }) => status === 429);

async function hasBusyEntries({ subject }: Stage): Promise<boolean> {
  const metrics = await subject.metrics();
  return [...metrics].some(([name, value]) => name.includes('code="server_busy"') && value > 0);
}

/** Elasticsearch itself refuses whole requests, for their bytes are too many at once (`indexing_pressure.memory.limit`). */
export function wholeBulkStorm(name: string, shared: Shared): Promise<CaseResult> {
  return onNode({ 'indexing_pressure.memory.limit': '10kb' }, shared, { name }, has429);
}

/** Elasticsearch itself refuses single entries: one writing thread with room for one waiting task. */
export function entryStorm(name: string, shared: Shared): Promise<CaseResult> {
  const settings = { 'thread_pool.write.size': '1', 'thread_pool.write.queue_size': '1' };
  const sink = ['max_events: 20', 'max_wait: 10ms', 'max_in_flight: 24', 'retry: { initial: 20ms, max: 200ms }'];
  return onNode(settings, shared, { name, sink }, hasBusyEntries);
}

/** The flood-stage block of a full disk comes and goes under load. */
export async function floodStage(name: string, shared: Shared): Promise<CaseResult> {
  const stage = await newStage(shared, { name });
  const block = (is: true | null) =>
    shared.node.request('PUT', `${stage.prefix}*/_settings`, { 'index.blocks.read_only_allow_delete': is });
  try {
    const started = performance.now();
    const log = await stage.addLog({ name: 'web', format: 'docker' });
    await stage.subject.start();
    await log.write(600);
    await stage.allDelivered(10_000);
    const problems: string[] = [];
    for (let round = 0; round < 3; round++) {
      await block(true);
      const before = await stage.delivered();
      await log.write(600);
      await sleep(1000);
      // The index of the next day is made without a block.
      if ((await stage.delivered()) - before >= 600) problems.push('the block held nothing back');
      await block(null);
      await stage.allDelivered(10_000);
    }
    return await conclude(stage, started, problems);
  } finally {
    await stage.dispose();
  }
}
