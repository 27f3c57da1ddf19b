import { parser } from '@prometheus-io/lezer-promql';

/** A dashboard file of Grafana, as far as the rules look at it. */
export interface GrafanaFile {
  editable?: boolean;
  uid: string;
  title: string;
  panels: GrafanaPanel[];
  templating: { list: { name: string; type: string; query: unknown; refresh?: number }[] };
}

export interface GrafanaPanel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: GrafanaTarget[];
  transformations?: { id: string; options: Record<string, unknown> }[];
  fieldConfig?: {
    defaults: { unit?: string; [key: string]: unknown };
    overrides: { matcher: { id: string; options: string }; properties: { id: string; value: unknown }[] }[];
  };
  options?: { yAxis?: { unit?: string }; [key: string]: unknown };
}

export interface GrafanaTarget {
  refId: string;
  datasource?: { type: string; uid: string };
  expr?: string;
  query?: string;
  expression?: string;
  instant?: boolean;
  metrics?: { id: string; type: string; field?: string; settings?: Record<string, unknown> }[];
  bucketAggs?: { id: string; type: string; field: string; settings: Record<string, string> }[];
  legendFormat?: string;
  alias?: string;
}

/** Units that the compiler may write, each in Grafana's list of value formats. */
const UNITS = new Set(['short', 's', 'ms', 'd', 'bytes', 'binBps', 'cps', 'percentunit', 'dateTimeAsIso']);
const COUNTING = new Set(['rate', 'increase', 'irate']);

type Rule = (file: GrafanaFile) => string[];

/** The nine rules, after those of https://github.com/grafana/dashboard-linter; each says what it found, and where. */
export const RULES: Readonly<Record<string, Rule>> = {
  'data sources are variables': (file) => {
    const names = file.templating.list.filter(({ type }) => type === 'datasource').map(({ name }) => `\${${name}}`);
    const isTemplated = (source: GrafanaPanel['datasource']) =>
      source !== undefined && (names.includes(source.uid) || source.type === '__expr__');
    return shown(file).flatMap((panel) => [
      ...(isTemplated(panel.datasource) ? [] : [panel.title ?? '']),
      ...targetsOf(panel).flatMap(({ refId, datasource }) =>
        isTemplated(datasource) ? [] : [`${panel.title} ${refId}`],
      ),
    ]);
  },
  'titles and descriptions': (file) =>
    panelsBut(file, 'row').flatMap(({ id, title, description }) =>
      title && description && /\.$/.test(description) ? [] : [`panel ${id} ${title}`],
    ),
  'known units': (file) =>
    shown(file).flatMap(({ title, type, fieldConfig, options }) => {
      const own = type === 'heatmap' ? options?.yAxis?.unit : fieldConfig?.defaults.unit;
      const others = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
        properties.flatMap(({ id, value }) => (id === 'unit' ? [String(value)] : [])),
      );
      return [own, ...others].flatMap((unit) => (unit !== undefined && UNITS.has(unit) ? [] : [`${title}: ${unit}`]));
    }),
  'a target, and each once': (file) =>
    shown(file).flatMap((panel) => {
      const targets = targetsOf(panel);
      const isAsked = targets.every(({ expr, query, expression }) => Boolean(expr ?? query ?? expression));
      const isUnique = new Set(targets.map(({ refId }) => refId)).size === targets.length;
      return targets.length > 0 && isAsked && isUnique ? [] : [panel.title ?? ''];
    }),
  'windows are $__rate_interval, or $__range for the whole time': (file) =>
    expressions(file).flatMap(({ panel, target, expr }) => {
      const windows = [...expr.matchAll(/\[([^\]]*)\]/g)].map(([, window]) => window);
      const right = target.instant ? '$__range' : '$__rate_interval';
      return windows.every((window) => window === right) ? [] : [`${panel.title}: ${windows.join(' ')}`];
    }),
  'counters only within rate or increase': (file) =>
    expressions(file).flatMap(({ panel, expr }) => rawCounters(expr).map((name) => `${panel.title}: ${name}`)),
  'PromQL parses': (file) => expressions(file).flatMap(({ panel, expr }) => (parses(expr) ? [] : [panel.title ?? ''])),
  'nobody edits it in place': ({ editable, title }) => (editable === false ? [] : [title]),
  'variables are read anew': ({ templating }) =>
    templating.list.flatMap(({ name, type, refresh }) => (refresh === (type === 'query' ? 2 : 1) ? [] : [name])),
};

/** Without Grafana's variables, as Prometheus gets it. */
export function interpolated(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '1h')
    .replaceAll('$__interval_ms', '15000')
    .replace(/\$\w+/g, '.*');
}

/** Panels and targets that ask Prometheus. */
export function expressions(file: GrafanaFile): { panel: GrafanaPanel; target: GrafanaTarget; expr: string }[] {
  return file.panels.flatMap((panel) =>
    targetsOf(panel).flatMap((target) => (target.expr === undefined ? [] : [{ panel, target, expr: target.expr }])),
  );
}

function targetsOf({ targets = [] }: GrafanaPanel): GrafanaTarget[] {
  return targets;
}

function shown(file: GrafanaFile): GrafanaPanel[] {
  return panelsBut(file, 'row', 'text');
}

function panelsBut({ panels }: GrafanaFile, ...types: string[]): GrafanaPanel[] {
  return panels.filter(({ type }) => !types.includes(type));
}

function parses(expr: string): boolean {
  let isGood = true;
  parser.parse(interpolated(expr)).iterate({
    enter: ({ type }) => {
      if (type.isError) isGood = false;
    },
  });
  return isGood;
}

function rawCounters(expr: string): string[] {
  const text = interpolated(expr);
  const found: string[] = [];
  const calls: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, from, to }) => {
      const part = text.slice(from, to);
      if (name === 'FunctionCall') calls.push(/^\w*/.exec(part)?.[0] ?? '');
      const isCounted = calls.some((call) => COUNTING.has(call));
      if (name === 'Identifier' && part.endsWith('_total') && !isCounted) found.push(part);
    },
    leave: ({ name }) => {
      if (name === 'FunctionCall') calls.pop();
    },
  });
  return found;
}
