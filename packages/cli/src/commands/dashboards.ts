import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '@tailrace/core';
import {
  type BuiltFile,
  buildFile,
  type Dashboard,
  DEFAULTS,
  FILE_TARGETS,
  type FileTarget,
  leftOut,
  library,
  NotExpressible,
  ParameterError,
  type Parameters,
  parametersFrom,
} from '@tailrace/dashboards';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import type { Streams } from './dead-letters.ts';
import { isBug } from './run-to-end.ts';

/** Which dashboards, and with which parameters. */
export interface Choice {
  readonly ids: readonly string[];
  /** `name=value` each. */
  readonly set: readonly string[];
}

/** `tailrace dashboards list`: a part per dashboard, then the parameters. */
export async function listCommand({ stdout }: Streams): Promise<number> {
  const parameters = Object.entries(DEFAULTS).map(([name, value]) => `  ${name}=${value}\n`);
  await write(stdout, `${library.map(listed).join('\n')}\nParameters and their defaults:\n${parameters.join('')}`);
  return EXIT.ok;
}

function listed(dashboard: Dashboard): string {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  const targets = FILE_TARGETS.map((target) => {
    const missing = leftOut(dashboard, target);
    const without = missing.map(({ panel, reason }) => `      without "${panel.title}": ${reason}\n`);
    return `    ${target}: ${panels.length - missing.length} panels\n${without.join('')}`;
  });
  return `${dashboard.id}: ${dashboard.system} / ${dashboard.name}\n  ${dashboard.description}\n${targets.join('')}`;
}

/** `tailrace dashboards build`: writes the files, says which. */
export async function buildCommand(
  { out, target = FILE_TARGETS, ...choice }: Choice & { readonly out: string; readonly target?: readonly FileTarget[] },
  { stdout, stderr }: Streams,
): Promise<number> {
  const files = built(choice, target, stderr);
  if (typeof files === 'number') return files;
  try {
    for (const file of files) {
      const name = path.join(out, file.path);
      await makeFolder(path.dirname(name), 0o755);
      await writeFile(name, file.text);
      const missing = leftOut(file.dashboard, file.target).length;
      await write(
        stdout,
        `wrote ${name}${missing === 0 ? '' : `, without ${missing} ${missing === 1 ? 'panel' : 'panels'}`}\n`,
      );
    }
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  }
  return EXIT.ok;
}

/** The files of the chosen dashboards, or the exit code when the choice is wrong or a target cannot show a panel. */
export function built(
  { ids, set }: Choice,
  targets: readonly FileTarget[],
  stderr: NodeJS.WritableStream,
): readonly BuiltFile[] | number {
  const unknown = ids.filter((id) => !library.some((dashboard) => dashboard.id === id));
  if (unknown.length > 0) {
    const known = library.map(({ id }) => id).join(', ');
    stderr.write(`tailrace: no dashboard ${unknown.map((id) => `"${id}"`).join(', ')}; there are ${known}\n`);
    return EXIT.usage;
  }
  const chosen = ids.length === 0 ? library : library.filter(({ id }) => ids.includes(id));
  const parameters = parametersOrMessage(set);
  if (typeof parameters === 'string') {
    stderr.write(`tailrace: ${parameters}\n`);
    return EXIT.usage;
  }
  const pairs = chosen.flatMap((dashboard) => targets.map((target) => ({ dashboard, target })));
  const files = pairs.map(({ dashboard, target }) => fileOrMessage(dashboard, target, parameters));
  const messages = files.filter((file) => typeof file === 'string');
  if (messages.length === 0) return files.filter((file) => typeof file !== 'string');
  stderr.write(messages.map((message) => `tailrace: ${message}\n`).join(''));
  return EXIT.failed;
}

function parametersOrMessage(set: readonly string[]): Parameters | string {
  try {
    return parametersFrom(set);
  } catch (error) {
    if (error instanceof ParameterError) return error.message;
    throw error;
  }
}

function fileOrMessage(dashboard: Dashboard, target: FileTarget, parameters: Parameters): BuiltFile | string {
  try {
    return buildFile(dashboard, target, parameters, library);
  } catch (error) {
    if (error instanceof NotExpressible) return `dashboard "${dashboard.id}", ${error.message}`;
    throw error;
  }
}
