import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '@tailrace/local';

/** How often the page is asked whether there is something to see, in milliseconds. */
const ASK_MS = 100;
/** After so long the address is said in any case, in milliseconds. */
const LONGEST_MS = 30_000;

/** Says where the page is as soon as it shows numbers, and what else can be done. Ends early when `signal` aborts. */
export async function welcome(
  url: string,
  { stdout, opens, signal }: { stdout: NodeJS.WritableStream; opens: boolean; signal: AbortSignal },
): Promise<void> {
  const status = await firstNumbers(url, signal);
  if (signal.aborted) return;
  stdout.write(welcomeText(url, status));
  if (opens) openInBrowser(url, stdout);
}

async function firstNumbers(url: string, signal: AbortSignal): Promise<Status | undefined> {
  const end = performance.now() + LONGEST_MS;
  let last: Status | undefined;
  while (performance.now() < end && !signal.aborted) {
    last = (await statusOf(url, signal)) ?? last;
    if (last !== undefined && last.logs > 0 && last.metrics > 0) return last;
    await sleep(ASK_MS, undefined, { signal }).catch(() => undefined);
  }
  return last;
}

async function statusOf(url: string, signal: AbortSignal): Promise<Status | undefined> {
  try {
    const answer = await fetch(new URL('api/v1/status', url), { signal });
    return answer.ok ? ((await answer.json()) as Status) : undefined;
  } catch {
    return undefined;
  }
}

function welcomeText(url: string, status: Status | undefined): string {
  const folder = process.env['DATA_DIR'];
  const store = folder === undefined ? '' : `--store '${join(folder, 'store.duckdb')}' `;
  const found =
    status === undefined
      ? 'The page does not answer yet; what is said above may tell why.'
      : `${status.logs.toLocaleString('en-US')} log events and ${status.metrics.toLocaleString('en-US')} data points so far, more every second.`;
  return `
A generated mirrord operator is at work: its last ${process.env['BACKFILL'] ?? 'two hours'}, and what it does now.
${found}

  See it     ${url}
             mirrord usage and pipeline health; any event can be searched for and opened
  Ask it     npx -y pnpm@12 tailrace query ${store}"SELECT \\"fields.message\\", count(*) FROM logs GROUP BY 1 ORDER BY 2 DESC"
  Your own   LOG_DIR=/var/log/containers ELASTICSEARCH_URL=http://localhost:9200 DATA_DIR=$PWD/.tailrace/own \\
               npx -y pnpm@12 tailrace run pipelines/mirrord/elasticsearch.yaml
             Datadog, OTLP and metrics: docs/pipelines/README.md

Ctrl-C ends it. The data stay in ${folder ?? '.tailrace'}, a week of them and 1 GiB at most, and the next start goes on there.
`;
}

/** Best effort: the address has been said. */
function openInBrowser(url: string, stdout: NodeJS.WritableStream): void {
  const [program, ...before] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(program!, [...before, url], { stdio: 'ignore', detached: true });
  opener.on('error', () => stdout.write(`No browser could be opened by ${program}: open ${url} yourself.\n`));
  opener.unref();
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
