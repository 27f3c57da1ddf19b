import {
  type BuiltFile,
  checkAgainst,
  checkKibana,
  type Dashboard,
  FILE_TARGETS,
  type FieldRead,
  type FileTarget,
  fieldProblems,
  fieldsRead,
  type Parameters,
  PushError,
  parametersFrom,
} from '@tailrace/dashboards';
import { FieldFileError, loadFieldFile } from '@tailrace/std';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { built, type Choice } from './dashboards.ts';
import { checkedServer, type Environment, Misconfigured, pemOf } from './dashboards-servers.ts';
import type { Streams } from './dead-letters.ts';
import { isBug } from './run-to-end.ts';

/** The command line of a check. */
export interface CheckCommand extends Choice {
  readonly target?: readonly FileTarget[];
  /** Field files. */
  readonly fields?: readonly string[];
  /** URL of an Elasticsearch or a Prometheus. */
  readonly against?: string;
  /** A PEM file. */
  readonly ca?: string;
}

/** `tailrace dashboards check`: a line per dashboard that is right, and one per problem. */
export async function checkCommand(
  command: CheckCommand,
  environment: Environment,
  { stdout, stderr }: Streams,
): Promise<number> {
  const { target: targets = FILE_TARGETS } = command;
  const files = built(command, targets, stderr);
  if (typeof files === 'number') return files;
  const dashboards = [...new Set(files.map(({ dashboard }) => dashboard))];
  const parameters = parametersFrom(command.set);
  try {
    const checks = [
      fileCheck(files),
      ...(command.fields ? [fieldCheck(command.fields, targets, parameters)] : []),
      ...(command.against === undefined
        ? []
        : [await liveCheck(command, command.against, environment, dashboards, parameters)]),
    ];
    const reports = dashboards.map((dashboard) => report(dashboard, checks));
    await write(stdout, reports.map(({ text }) => text).join(''));
    return reports.every(({ isRight }) => isRight) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof PushError || error instanceof Misconfigured)) throw error;
    stderr.write(`tailrace: ${error.message}\n`);
    if (error instanceof Misconfigured) return EXIT.usage;
    return error.kind === 'unreachable' ? EXIT.unavailable : EXIT.failed;
  }
}

/** What was looked at, for the line of a dashboard that is right, and what is wrong with one. */
interface Check {
  readonly name: string;
  problems(dashboard: Dashboard): readonly string[];
}

function report(dashboard: Dashboard, checks: readonly Check[]): { readonly text: string; readonly isRight: boolean } {
  const problems = checks.flatMap((check) => check.problems(dashboard));
  const head =
    problems.length === 0 ? `right by ${checks.map(({ name }) => name).join(', ')}` : `${problems.length} wrong`;
  return {
    text: `${dashboard.id}: ${head}\n${problems.map((line) => `  ${line}\n`).join('')}`,
    isRight: problems.length === 0,
  };
}

/** That the files could be built says that each target can show what is in them. */
function fileCheck(files: readonly BuiltFile[]): Check {
  const kibana = files.filter(({ target }) => target === 'kibana');
  return {
    name: 'its files',
    problems: ({ id }) =>
      kibana
        .filter(({ dashboard }) => dashboard.id === id)
        .flatMap(({ path, text }) => checkKibana(text).map((line) => `${path}: ${line}`)),
  };
}

function fieldCheck(names: readonly string[], targets: readonly FileTarget[], parameters: Parameters): Check {
  // Each event has its time, declared or not.
  const known = new Map([['@timestamp', { types: ['date'], aggregatable: true }]]);
  for (const name of names)
    for (const { path, type } of fieldsOf(name)) known.set(path.steps.join('.'), { types: [type], aggregatable: true });
  const where = names.join(', ');
  const isShown = ({ target }: FieldRead) => targets.some((each) => each === target);
  return {
    name: where,
    problems: (dashboard) => fieldProblems(fieldsRead(dashboard, parameters).filter(isShown), known, where),
  };
}

function fieldsOf(name: string): ReturnType<typeof loadFieldFile>['fields'] {
  try {
    return loadFieldFile(name).fields;
  } catch (error) {
    if (isBug(error)) throw error;
    throw new Misconfigured(error instanceof FieldFileError ? error.message : `--fields: ${(error as Error).message}`);
  }
}

async function liveCheck(
  { ca, target: targets = FILE_TARGETS }: CheckCommand,
  url: string,
  environment: Environment,
  dashboards: readonly Dashboard[],
  parameters: Parameters,
): Promise<Check> {
  const access = { ...checkedServer(url, environment), ca: await pemOf(ca) };
  const { product, problems } = await checkAgainst(access, dashboards, targets, parameters);
  return { name: `the ${product} there`, problems: ({ id }) => problems.get(id) ?? [] };
}
