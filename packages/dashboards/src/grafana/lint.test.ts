import { describe, expect, test } from 'vitest';
import { library } from '../library.generated.ts';
import { DEFAULTS, parametersFrom } from '../parameters.ts';
import { compileGrafana } from './compile.ts';
import { expressions, type GrafanaFile, type GrafanaPanel, RULES } from './lint.fixture.ts';

const OTHERS = ['field_prefix=log.', 'metric_prefix=prod_', 'histogram_unit=milliseconds'];

function fileOf(id: string, settings: string[] = []): GrafanaFile {
  const dashboard = library.find((each) => each.id === id)!;
  return JSON.parse(compileGrafana(dashboard, parametersFrom(settings), library)) as GrafanaFile;
}

function findings(file: GrafanaFile): Record<string, string[]> {
  const found = Object.entries(RULES).map(([name, rule]) => [name, rule(file)] as const);
  return Object.fromEntries(found.filter(([, where]) => where.length > 0));
}

/** A fault for each rule, planted into a good file. */
const FAULTS: [rule: string, plant: (file: GrafanaFile) => void][] = [
  [
    'data sources are variables',
    (file) => Object.assign(panel(file, 'stat').datasource!, { uid: 'P1809F7CD0C75ACF3' }),
  ],
  ['data sources are variables', (file) => file.templating.list.shift()],
  ['titles and descriptions', (file) => Reflect.deleteProperty(panel(file, 'stat'), 'description')],
  ['titles and descriptions', (file) => Object.assign(panel(file, 'heatmap'), { title: '' })],
  ['known units', (file) => Object.assign(panel(file, 'timeseries').fieldConfig!.defaults, { unit: 'seconds' })],
  ['known units', (file) => Reflect.deleteProperty(panel(file, 'heatmap').options!.yAxis!, 'unit')],
  ['a target, and each once', (file) => panel(file, 'bargauge').targets!.pop()],
  ['a target, and each once', (file) => panel(file, 'table').targets!.push(panel(file, 'table').targets![0]!)],
  ['windows are $__rate_interval, or $__range for the whole time', (file) => rewrite(file, '$__rate_interval', '5m')],
  [
    'windows are $__rate_interval, or $__range for the whole time',
    (file) => rewrite(file, '$__range', '$__rate_interval'),
  ],
  ['counters only within rate or increase', (file) => rewrite(file, /^sum\(rate\((\w+)\[.*\]\)\).*$/, 'sum($1)')],
  ['PromQL parses', (file) => rewrite(file, 'sum by (', 'sum by )')],
  ['PromQL parses', (file) => rewrite(file, ' / ', ' // ')],
  ['nobody edits it in place', (file) => Object.assign(file, { editable: true })],
  ['variables are read anew', (file) => Object.assign(file.templating.list.at(-1)!, { refresh: 0 })],
];

describe('the files for Grafana', () => {
  test.each(library.map(({ id }) => id))('%s keeps nine rules, whatever the parameters', (id) => {
    expect(Object.keys(RULES)).toHaveLength(9);
    expect(findings(fileOf(id))).toEqual({});
    expect(findings(fileOf(id, OTHERS))).toEqual({});
  });

  test.each(FAULTS)('a file that breaks the rule of %s is found', (rule, plant) => {
    const file = fileOf('mirrord-usage');
    plant(file);
    expect(Object.keys(findings(file))).toEqual([rule]);
  });

  test('parameters reach every place', () => {
    const text = JSON.stringify(fileOf('mirrord-usage', OTHERS));
    expect(text).not.toMatch(/\bfields\./);
    expect(text).not.toMatch(/[^_]\bmirrord_\w+_(?:total|count|bucket)/);
    const units = (file: GrafanaFile) => [panel(file, 'heatmap').options!.yAxis!.unit, DEFAULTS.histogram_unit];
    expect([units(fileOf('mirrord-usage')), units(fileOf('mirrord-usage', OTHERS))]).toEqual([
      ['s', 'seconds'],
      ['ms', 'seconds'],
    ]);
  });
});

function panel({ panels }: GrafanaFile, type: string): GrafanaPanel {
  return panels.find((each) => each.type === type)!;
}

/** In the first expression that it changes. */
function rewrite(file: GrafanaFile, from: string | RegExp, to: string): void {
  const hit = expressions(file).find(({ expr }) => expr.replace(from, () => to) !== expr)!;
  hit.target.expr = typeof from === 'string' ? hit.expr.replace(from, () => to) : hit.expr.replace(from, to);
}
