import { compileDatadog } from './datadog/compile.ts';
import { compileGrafana } from './grafana/compile.ts';
import { compileKibana } from './kibana/compile.ts';
import type { Dashboard, Panel, Parameters, Target } from './model.ts';

/** Targets that take a file. */
export type FileTarget = Exclude<Target, 'local'>;

type Compile = (dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]) => string;

const COMPILERS: Readonly<Record<FileTarget, { readonly file: string; readonly compile: Compile }>> = {
  kibana: { file: 'kibana.ndjson', compile: compileKibana },
  grafana: { file: 'grafana.json', compile: compileGrafana },
  datadog: { file: 'datadog.json', compile: compileDatadog },
};

/** The targets that take a file, in the order in which they are named everywhere. */
export const FILE_TARGETS = Object.keys(COMPILERS) as readonly FileTarget[];

/** A dashboard as one target takes it. */
export interface BuiltFile {
  readonly dashboard: Dashboard;
  readonly target: FileTarget;
  /** `mirrord-usage/kibana.ndjson`. */
  readonly path: string;
  readonly text: string;
}

/** The file of a dashboard for a target; `all` are those that it may link to. Throws a `NotExpressible`. */
export function buildFile(
  dashboard: Dashboard,
  target: FileTarget,
  parameters: Parameters,
  all: readonly Dashboard[],
): BuiltFile {
  const { file, compile } = COMPILERS[target];
  const others = all.filter(({ id }) => id !== dashboard.id);
  return { dashboard, target, path: `${dashboard.id}/${file}`, text: compile(dashboard, parameters, others) };
}

/** The panels that a target does not show, and why. */
export function leftOut(
  dashboard: Dashboard,
  target: FileTarget,
): { readonly panel: Panel; readonly reason: string }[] {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  return panels.flatMap((panel) => {
    const reason = panel.except?.[target];
    return reason === undefined ? [] : [{ panel, reason }];
  });
}
