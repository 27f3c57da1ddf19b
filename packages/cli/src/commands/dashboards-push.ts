import {
  differenceLine,
  type FileTarget,
  PushError,
  type Pushed,
  type PushOptions,
  pushDatadog,
  pushGrafana,
  pushKibana,
} from '@tailrace/dashboards';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { built, type Choice } from './dashboards.ts';
import { type Environment, Misconfigured, pemOf, serverAddress } from './dashboards-servers.ts';
import type { Streams } from './dead-letters.ts';

/** The command line of a push. */
export interface PushCommand extends Choice {
  readonly target: FileTarget;
  readonly url?: string;
  readonly space?: string;
  readonly folder?: string;
  /** A PEM file. */
  readonly ca?: string;
  readonly dryRun?: boolean;
}

/** `tailrace dashboards push`: says what became of each dashboard, or with `dryRun` what would. */
export async function pushCommand(
  command: PushCommand,
  environment: Environment,
  { stdout, stderr }: Streams,
): Promise<number> {
  const files = built(command, [command.target], stderr);
  if (typeof files === 'number') return files;
  const dryRun = command.dryRun ?? false;
  try {
    // One by one: what was done before an error is said.
    for await (const pushed of await pushTo(command, environment, { files, dryRun }))
      await write(stdout, pushedText(pushed, dryRun));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof PushError || error instanceof Misconfigured)) throw error;
    stderr.write(`tailrace: ${error.message}\n`);
    if (error instanceof Misconfigured) return EXIT.usage;
    return error.kind === 'unreachable' ? EXIT.unavailable : EXIT.failed;
  }
}

async function pushTo(
  { target, url, space, folder, ca }: PushCommand,
  environment: Environment,
  options: PushOptions,
): Promise<AsyncIterable<Pushed>> {
  if (space !== undefined && target !== 'kibana') throw new Misconfigured('--space is for kibana');
  if (folder !== undefined && target !== 'grafana') throw new Misconfigured('--folder is for grafana');
  const access = { ...serverAddress(target, url, environment), ca: await pemOf(ca) };
  if (target === 'kibana') return pushKibana({ ...access, space }, options);
  if (target === 'grafana') return pushGrafana({ ...access, folder }, options);
  return pushDatadog(access, options);
}

/** More differences are counted, not shown. */
const MAX_LINES = 40;

function pushedText({ id, outcome, differences, url, note }: Pushed, dryRun: boolean): string {
  const what = dryRun && outcome !== 'unchanged' ? `would be ${outcome}` : outcome;
  const lines = differences.slice(0, MAX_LINES).map((each) => `  ${differenceLine(each)}\n`);
  const more = differences.length - lines.length;
  const rest = more > 0 ? `  … and ${more} more\n` : '';
  return `${id}: ${what}${url === undefined ? '' : ` ${url}`}\n${note === undefined ? '' : `  ${note}\n`}${lines.join('')}${rest}`;
}
