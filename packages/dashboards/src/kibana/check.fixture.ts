import { dashboard as mirrordUsage } from '../../../../dashboards/mirrord-usage/dashboard.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileKibana } from './compile.ts';
import { OTHERS } from './kibana.fixture.ts';

type Loose = { [key: string]: Loose } & Loose[];

/** A file taken apart, JSON in texts included, so that a test can put a fault into any part of it. */
export interface File {
  lines: Loose[];
  view: Loose;
  search: Loose;
  dashboard: Loose;
  details: Loose;
  panels: Loose[];
  controls: Loose;
}

/** A file without faults. */
export const GOOD = compileKibana(mirrordUsage, DEFAULTS, OTHERS);

function read(text: string): Loose {
  return JSON.parse(text);
}

/** Any JSON, or none. */
export function text(value: unknown): Loose {
  return value as Loose;
}

/** The good file with one change. */
export function changed(change: (file: File) => void): string {
  const lines = GOOD.trim().split('\n').map(read);
  const [view, search, dashboard, details] = lines as [Loose, Loose, Loose, Loose];
  const attributes = dashboard['attributes'] as Loose;
  const panels = read(String(attributes['panelsJSON']));
  const group = attributes['controlGroupInput'] as Loose;
  const controls = read(String(group['panelsJSON']));
  change({ lines, view, search, dashboard, details, panels, controls });
  if (attributes['panelsJSON'] !== undefined) attributes['panelsJSON'] = text(JSON.stringify(panels));
  group['panelsJSON'] = text(JSON.stringify(controls));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A panel of the file. */
export function panel({ panels }: File, id: string): Loose {
  return panels.find(({ panelIndex }) => String(panelIndex) === id) as Loose;
}

/** A member at a path. */
export function at(from: Loose, ...path: string[]): Loose {
  let here = from;
  for (const key of path) here = here[key] as Loose;
  return here;
}

/** Sets the last member of a path. */
export function put(value: unknown, from: Loose, ...path: string[]): void {
  at(from, ...path.slice(0, -1))[path.at(-1) ?? ''] = text(value);
}

/** Path of a Lens panel to its columns. */
export const LAYER = ['embeddableConfig', 'attributes', 'state', 'datasourceStates', 'formBased', 'layers', 'events'];
/** Path of a Lens panel to how it is drawn. */
export const DRAWN = ['embeddableConfig', 'attributes', 'state', 'visualization'];

/** Takes away the reference whose name begins so. */
export function without(dashboard: Loose, name: string): void {
  const references = at(dashboard, 'references');
  references.splice(
    references.findIndex((one) => String(one['name']).startsWith(name)),
    1,
  );
}

/** Gives a member another name. */
export function renamed(within: Loose, from: string, to: string): void {
  within[to] = within[from] as Loose;
  Reflect.deleteProperty(within, from);
}
