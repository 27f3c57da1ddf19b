import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DashboardView, Status } from '@tailrace/local';
import { mirrordLines, mirrordPresets } from '@tailrace/std';
import { AUTO, eventsIn, isStale, type Picture, paceOf } from '../../packages/page/src/state/refresh.ts';
import { type RunningCommand, root, startCommand } from './command.ts';
import { type Measurable, type Row, rowOf, type Usage } from './row.ts';
import { withFolder, writeChunks } from './texts.ts';

const PAIRS = 2;
/** How often the page looks whether it is to ask again, in milliseconds. */
const LOOK_MS = 1000;
/** How often mirrord's usage wants to be drawn anew, in milliseconds. */
const USUAL_MS = 60_000;
/** Panels in and near a window of usual height: a refresh asks for no others. */
const SEEN = 14;
/** What is shown is all that is there. */
const RANGE = { from: 0, to: Number.MAX_SAFE_INTEGER };

/**
 * Container logs into a local store as fast as they go, with and without a client that does what an open page does: it holds
 * /api/v1/changes open, asks for every panel of mirrord's usage over all that is stored, and again at the page's own pace for those in the
 * window. Runs with and without it take turns.
 */
export const openPageRow: Measurable = {
  name: 'open-page',
  bound: 1.05,
  // DuckDB alone may use 256 MiB, and takes more while it compresses.
  rssBound: 800,
  measure: (lines) => withFolder((folder) => measure(folder, lines)),
};

async function measure(folder: string, events: number): Promise<Row> {
  const name = `mirrord-operator-5d8f6c7b9-x2x7q_mirrord_mirrord-operator-${'0123456789abcdef'.repeat(4)}.log`;
  await writeChunks(join(folder, name), mirrordLines({ ...mirrordPresets.benchmark, lines: events, format: 'docker' }));
  const alone: Usage[] = [];
  const watched: Usage[] = [];
  let refreshes = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    alone.push(await (await start(folder, `alone-${pair}`)).usage());
    const command = await start(folder, `watched-${pair}`);
    const page = openPage(command);
    watched.push(await command.usage());
    refreshes += await page.close();
  }
  if (refreshes === 0) throw new Error('open-page: the page was never filled');
  const sum = (usages: readonly Usage[], key: keyof Usage) => usages.reduce((total, usage) => total + usage[key], 0);
  const mean = (usages: readonly Usage[], key: keyof Usage) => sum(usages, key) / PAIRS;
  const usage = {
    cpuMicroseconds: mean(watched, 'cpuMicroseconds'),
    milliseconds: mean(watched, 'milliseconds'),
    maxRssKiB: Math.max(...watched.map(({ maxRssKiB }) => maxRssKiB)),
  };
  return rowOf('open-page', events, usage, mean(alone, 'cpuMicroseconds') / events);
}

async function start(folder: string, run: string): Promise<RunningCommand> {
  const fields = join(root, 'pipelines/mirrord/fields.yaml');
  const pipeline = {
    data_dir: join(folder, run),
    metrics: { enabled: false },
    sources: { in: { type: 'file', include: [join(folder, '*.log')], format: 'docker' } },
    transforms: {
      record: { type: 'unpack', inputs: ['in'] },
      usage: { type: 'fields', inputs: ['record'], file: fields },
    },
    sinks: {
      out: {
        ...{ type: 'local', inputs: ['usage'], fields: [fields], page: { address: '127.0.0.1:0' } },
        // The log is of a day that is long gone.
        retention: { max_age: '3650d' },
      },
    },
  };
  const file = join(folder, `${run}.json`);
  await writeFile(file, JSON.stringify(pipeline));
  return await startCommand(folder, file, true, {});
}

/** `close` gives how many times all panels were filled. */
function openPage(command: RunningCommand): { close(): Promise<number> } {
  const closed = new AbortController();
  const filled = watch(command, closed.signal);
  return {
    close() {
      closed.abort();
      return filled;
    },
  };
}

async function watch(command: RunningCommand, closed: AbortSignal): Promise<number> {
  let filled = 0;
  try {
    const url = await addressOf(command, closed);
    const api = `${url.replace(/\/$/, '')}/api/v1`;
    const hearing = hear(`${api}/changes`, closed);
    const view = await ask<DashboardView>(`${api}/dashboards/mirrord-usage`, closed);
    const panels = view.rows.flatMap((row) => row.panels).filter((one) => !one.leftOut && one.panel.kind !== 'text');
    let picture: Picture | undefined;
    let cost = 0;
    while (!closed.aborted) {
      const status = await ask<Status>(`${api}/status`, closed);
      const now = performance.now();
      const pace = paceOf(AUTO, USUAL_MS, cost);
      if (status.first !== null && (picture === undefined || isStale(picture, RANGE, pace, status, now))) {
        const asked = picture === undefined ? panels : panels.slice(0, SEEN);
        picture = { span: RANGE, drawn: now, revision: status.revision, events: eventsIn(status), spent: 0 };
        cost = 0;
        const time = `from=${status.first}&to=${(status.last ?? 0) + 1}`;
        await Promise.all(
          asked.map(async ({ panel }) => {
            const begin = performance.now();
            await ask(`${api}/dashboards/mirrord-usage/panels/${panel.id}?${time}`, closed);
            cost += performance.now() - begin;
          }),
        );
        filled++;
      }
      await sleep(LOOK_MS, undefined, { signal: closed });
    }
    await hearing;
  } catch (error) {
    // The pipeline ends with its input, and the page's requests with it.
    if (!closed.aborted && !(error instanceof TypeError)) throw error;
  }
  return filled;
}

async function addressOf(command: RunningCommand, closed: AbortSignal): Promise<string> {
  for (;;) {
    const found = /page: (http:[^\s"\\]+)/.exec(command.said())?.[1];
    if (found !== undefined) return found;
    await sleep(20, undefined, { signal: closed });
  }
}

async function hear(url: string, closed: AbortSignal): Promise<void> {
  try {
    const { body } = await fetch(url, { signal: closed });
    for await (const _ of body ?? []);
  } catch {
    // As above.
  }
}

async function ask<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
