import { describe, expect, test } from 'vitest';
import { library } from '../library.generated.ts';
import type { Dashboard, LogQuery, Panel } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { compileGrafana } from './compile.ts';
import { panelNumber } from './ids.ts';
import type { GrafanaFile, GrafanaPanel } from './lint.fixture.ts';

const usage = library.find(({ id }) => id === 'mirrord-usage')!;

function fileOf(dashboard: Dashboard): GrafanaFile & Record<string, unknown> {
  return JSON.parse(compileGrafana(dashboard, DEFAULTS, library)) as GrafanaFile & Record<string, unknown>;
}

function panelOf(title: string, dashboard = usage): GrafanaPanel {
  return fileOf(dashboard).panels.find((panel) => panel.title === title)!;
}

/** The usage dashboard with one panel in place of all. */
function only(panel: Panel, more: Partial<Dashboard> = {}): Dashboard {
  return { ...usage, base: [], variables: [], rows: [{ title: 'Row', panels: [panel] }], ...more };
}

const size = { width: 12, height: 8 } as const;
const about = { id: 'p', title: 'P', description: 'D.', unit: 'none', ...size } as const;
const count = { op: 'count', name: 'n' } as const;
const by = { field: 'fields.a', size: 5, name: 'A' } as const;
const logs = (more: Partial<LogQuery> = {}): LogQuery => ({ source: 'logs', where: [], agg: [count], ...more });

describe('a file for Grafana', () => {
  test.each(library.map((dashboard) => [dashboard.id, dashboard] as const))('%s is a classic dashboard', (id, each) => {
    const text = compileGrafana(each, DEFAULTS, library);
    const { uid, title, schemaVersion, __inputs, links, panels, ...file } = fileOf(each);
    expect(text).toBe(compileGrafana(structuredClone(each), DEFAULTS, library));
    expect(text.endsWith('}\n')).toBe(true);
    expect([uid, file['id'], schemaVersion, __inputs]).toEqual([`tailrace-${id}`, null, 39, []]);
    expect(title).toBe(`${each.system} / ${each.name}`);
    expect(links).toMatchObject(each.links.map((other) => ({ type: 'link', url: `/d/tailrace-${other}` })));
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    expect(overlaps(panels)).toEqual([]);
    const shown = each.rows.flatMap((row) => row.panels).filter(({ except }) => except?.grafana === undefined);
    expect(panels.filter(({ type }) => type !== 'row').map((panel) => panel.title)).toEqual(
      shown.map((panel) => ('instead' in panel && panel.instead?.grafana?.title) || panel.title),
    );
  });

  test('a panel keeps its number when another comes before it', () => {
    const panel: Panel = { ...about, kind: 'stat', query: logs() };
    const more = {
      ...only(panel),
      rows: [{ title: 'R', panels: [{ ...panel, id: 'q', title: 'Q' }, panel] }] as const,
    };
    expect(panelOf('P', only(panel)).id).toBe(panelOf('P', more).id);
    expect(panelOf('P', more).id).toBe(panelNumber('p'));
  });
});

describe('panels for Grafana', () => {
  test('a stat of unique values counts them once over the whole time', () => {
    const { targets, transformations, fieldConfig } = panelOf('Sessions');
    expect(targets).toHaveLength(1);
    expect(targets![0]).toMatchObject({
      metrics: [{ id: '1', type: 'cardinality', field: 'fields.session_id' }],
      bucketAggs: [{ type: 'histogram', field: '@timestamp', settings: { interval: '10000000000000' } }],
    });
    expect(transformations).toEqual([
      { id: 'organize', options: { excludeByName: { '@timestamp': true }, indexByName: {}, renameByName: {} } },
    ]);
    expect(fieldConfig!.defaults).toMatchObject({ noValue: '0' });
    expect(panelOf('Median session').fieldConfig!.defaults).toMatchObject({ noValue: '–', unit: 's' });
  });

  test('no number but a count is asked for over time and then added up', () => {
    for (const panel of library.flatMap((dashboard) => fileOf(dashboard).panels)) {
      const overTime = (panel.targets ?? []).filter(({ bucketAggs = [] }) =>
        bucketAggs.some(({ type }) => type === 'date_histogram'),
      );
      if (overTime.length > 0) expect(panel.type).toBe('timeseries');
      for (const { bucketAggs } of overTime) expect(bucketAggs!.at(-1)!.type).toBe('date_histogram');
      expect(JSON.stringify(panel)).not.toMatch(/"calcs":\[[^\]]*"(?:sum|total)"/);
    }
  });

  test('thresholds begin with one for everything below them', () => {
    expect(panelOf('Licence valid for').fieldConfig!.defaults).toMatchObject({
      unit: 'd',
      thresholds: {
        mode: 'absolute',
        steps: [
          { color: 'red', value: null },
          { color: 'orange', value: 7 },
          { color: 'green', value: 30 },
        ],
      },
    });
  });

  test('columns with conditions of their own are queries of their own, joined by their groups', () => {
    const { targets, transformations } = panelOf('Users');
    expect(targets!.map(({ metrics }) => metrics!.map(({ type }) => type))).toEqual([
      ['cardinality'],
      ['percentiles'],
      ['max'],
    ]);
    expect(targets!.map(({ bucketAggs }) => bucketAggs!.map(({ settings }) => settings['size']))).toEqual([
      ['50', '3', '5'],
      ['200', '6', '10'],
      ['200', '6', '10'],
    ]);
    expect(transformations!.map(({ id }) => id)).toEqual(['convertFieldType', 'merge', 'organize', 'sortBy']);
    expect(transformations![2]!.options['renameByName']).toEqual({
      ...{ 'fields.client_user': 'User', 'fields.client_hostname': 'Machine', 'fields.target_namespace': 'Namespace' },
      ...{ 'Unique Count': 'Sessions', 'p50.0 fields.session_duration': 'Median session', Max: 'Last seen' },
    });
  });

  test('a cell leads to the events of its group, and keeps what else was chosen', () => {
    const overrides = panelOf('Users').fieldConfig!.overrides.filter(({ matcher }) => matcher.options === 'User');
    const [link] = overrides[0]!.properties[0]!.value as { url: string }[];
    const events = panelOf('Latest events');
    expect(link!.url).toBe(
      `/d/tailrace-mirrord-usage?viewPanel=${events.id}&\${__url_time_range}&\${target_namespace:queryparam}&\${target_type:queryparam}&\${target_name:queryparam}&var-client_user=\${__value.raw:percentencode}`,
    );
    expect(events.transformations![0]!.options['include']).toMatchObject({ names: usageColumns() });
  });

  test('a running difference is one of running sums', () => {
    const { targets } = panelOf('Open sessions (estimate)');
    expect(targets!.map(({ refId, expression }) => [refId, expression])).toEqual([
      ['A', undefined],
      ['B', undefined],
      ['C', '$A - $B'],
    ]);
    expect(targets![0]!.metrics!.map(({ type }) => type)).toEqual(['count', 'cumulative_sum']);
  });

  test('rows with too small a number are left out', () => {
    expect(panelOf('Port conflicts to look at').transformations!.map(({ id }) => id)).toContain('filterByValue');
  });

  test('variables narrow each other, and let everything through until somebody chooses', () => {
    const chosen = fileOf(usage).templating.list.filter(({ type }) => type === 'query');
    expect(chosen.map(({ name }) => name)).toEqual(usage.variables.map(({ name }) => name));
    expect(JSON.parse(String(chosen[1]!.query))).toEqual({
      ...{ find: 'terms', field: 'fields.target_type', size: 1000 },
      query: `kubernetes.container_name:"mirrord-operator" AND (fields.target_namespace:\${target_namespace:lucene}) AND NOT fields.target_name:mirrord\\-copy\\-*`,
    });
    expect(chosen.every((variable) => 'allValue' in variable && variable.allValue === '* OR *:*')).toBe(true);
  });

  test('labels are chosen by label_values, and series without the label stay', () => {
    const health = library.find(({ id }) => id === 'pipeline-health')!;
    const query = fileOf(health).templating.list.find(({ name }) => name === 'component_id')?.query;
    const metric = 'tailrace_component_received_events_total';
    expect(JSON.stringify(query ?? '')).toMatch(/component_id/);
    const labelled = only(
      {
        ...about,
        kind: 'stat',
        query: { source: 'metrics', of: 'tailrace', lines: [{ name: 'x', shape: 'rate', metric }] },
      },
      {
        system: 'tailrace',
        variables: [
          { name: 'kind', label: 'Kind', label_name: 'component_kind', metric },
          { name: 'component', label: 'Component', label_name: 'component_id', metric },
        ],
      },
    );
    expect(fileOf(labelled).templating.list[2]).toMatchObject({
      allValue: '.*',
      query: { query: `label_values(${metric}{component_kind=~"$kind|"}, component_id)` },
    });
    expect(panelOf('P', labelled).targets![0]!.expr).toBe(
      `sum(rate(${metric}{component_kind=~"$kind|", component_id=~"$component|"}[$__range])) or 0 * max(tailrace_build_info)`,
    );
  });

  test('colours of series go by name', () => {
    const panel: Panel = {
      ...{ ...about, kind: 'timeseries', draw: 'bars', stacked: true, colors: { '5xx': 'bad' } },
      query: logs({ over: 'time', by: [by] }),
    };
    const { fieldConfig, targets } = panelOf('P', only(panel));
    expect(fieldConfig!.overrides).toEqual([
      {
        matcher: { id: 'byName', options: '5xx' },
        properties: [{ id: 'color', value: { fixedColor: 'red', mode: 'fixed' } }],
      },
    ]);
    expect(targets![0]!.alias).toBe('{{term fields.a}}');
  });
});

function usageColumns(): string[] {
  const events = usage.rows.flatMap(({ panels }) => panels).find((panel) => panel.kind === 'events')!;
  return events.columns.map(({ field }) => field);
}

function overlaps(panels: readonly GrafanaPanel[]): string[] {
  const cells = new Set<string>();
  return panels.flatMap(({ title = '', gridPos: { x, y, w, h } }) => {
    const own = Array.from({ length: w * h }, (_, k) => `${x + (k % w)},${y + Math.floor(k / w)}`);
    const isFree = x + w <= 24 && own.every((cell) => !cells.has(cell));
    for (const cell of own) cells.add(cell);
    return isFree ? [] : [title];
  });
}
