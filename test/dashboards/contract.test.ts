import {
  type Dashboard,
  DEFAULTS,
  type FieldRead,
  fieldsRead,
  library,
  type MetricRead,
  metricsRead,
  type Target,
} from '@tailrace/dashboards';
import { loadFieldFile } from '@tailrace/std';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Arrived, mirrordArrived, shipped, tailraceArrived } from './arrived.ts';
import { mentionsIn } from './built.ts';
import { brokenFields, brokenMetrics, type Supply, unknownValues } from './contract.ts';
import { PUBLISHED, PUBLISHED_TAGS } from './published.ts';

const declared = {
  mirrord: loadFieldFile(shipped('mirrord/fields.yaml')),
  tailrace: loadFieldFile(shipped('tailrace/fields.yaml')),
};
const arrived: Record<string, Arrived> = {};
beforeAll(async () => {
  arrived['mirrord'] = await mirrordArrived();
  arrived['tailrace'] = await tailraceArrived();
}, 120_000);

function supplyOf(system: string, target: Target): Supply {
  const { fields, attributes, metrics, datadogMetrics } = arrived[system]!;
  const isDatadog = target === 'datadog';
  return {
    declared: declared[system as keyof typeof declared],
    // What the dashboards call by the event's time is the time that Datadog's sink sends.
    fields: isDatadog ? new Set([...attributes, ...(attributes.has('timestamp') ? ['@timestamp'] : [])]) : fields,
    metrics: isDatadog ? datadogMetrics : metrics,
  };
}

/** Everything that is wrong with what a dashboard reads, target by target. */
function broken(
  system: string,
  fields: readonly FieldRead[],
  metrics: readonly MetricRead[],
  change: (supply: Supply) => Supply = (supply) => supply,
): string[] {
  const targets = new Set([...fields, ...metrics].map(({ target }) => target));
  return [...targets].flatMap((target) => {
    const supply = change(supplyOf(system, target));
    const of = <T extends { target: Target }>(reads: readonly T[]) => reads.filter((read) => read.target === target);
    return [...brokenFields(of(fields), supply), ...brokenMetrics(of(metrics), supply)];
  });
}

const read = (dashboard: Dashboard) =>
  [dashboard.system, fieldsRead(dashboard, DEFAULTS), metricsRead(dashboard, DEFAULTS)] as const;

test('all shipped dashboards are looked at', () => {
  expect(library.map(({ id }) => id).toSorted()).toEqual(['mirrord-usage', 'pipeline-health']);
});

describe.each(library.map((dashboard) => [dashboard.id, dashboard] as const))('%s', (_id, dashboard) => {
  test('each field is declared with a type that suits, and arrives; each metric and label is given', () => {
    expect(broken(...read(dashboard))).toEqual([]);
  });

  test.each([
    ['kibana', 'kibana.ndjson'],
    ['grafana', 'grafana.json'],
    ['datadog', 'datadog.json'],
  ] as const)('its file for %s names what its panels read, and nothing else', (target, file) => {
    const [, fields, metrics] = read(dashboard);
    const names = (reads: readonly { target: Target; name: string }[]) =>
      new Set(reads.filter((one) => one.target === target).map(({ name }) => name));
    const mentions = mentionsIn(dashboard.id, file);
    const known = names(fields.map(({ target: at, field }) => ({ target: at, name: field })));
    expect([...mentions.fields].filter((field) => !known.has(field))).toEqual([]);
    const given = names(metrics.map(({ target: at, metric }) => ({ target: at, name: metric })));
    expect([...mentions.metrics].toSorted()).toEqual([...given].toSorted());
  });

  test('its conditions ask for values that the field file knows', () => {
    const own = declared[dashboard.system as keyof typeof declared];
    expect(unknownValues(dashboard, own)).toEqual([]);
    const without = own.fields.map((field) => ({ ...field, values: field.values.slice(1) }));
    expect(unknownValues(dashboard, { fields: without })).not.toEqual([]);
  });

  test('each panel but texts reads something on some target', () => {
    const [, fields, metrics] = read(dashboard);
    const reading = new Set([...fields, ...metrics].map(({ panel }) => panel));
    const panels = dashboard.rows.flatMap((row) => row.panels).filter(({ kind }) => kind !== 'text');
    expect(panels.map(({ id }) => id).filter((id) => !reading.has(id))).toEqual([]);
  });

  test('a field that is taken out of the field file, or does not arrive any more, names its panels', () => {
    const [system, fields] = read(dashboard);
    for (const name of new Set(fields.map(({ field }) => field))) {
      const readers = fields.filter(({ field }) => field === name).map(({ panel, target }) => `${panel} (${target})`);
      const undeclared = broken(system, fields, [], (supply) => ({
        ...supply,
        declared: {
          fields: supply.declared.fields.filter(({ path }) => path.text !== name && path.steps.join('.') !== name),
        },
      }));
      const absent = broken(system, fields, [], (supply) => ({
        ...supply,
        fields: new Set([...supply.fields].filter((field) => field !== name)),
      }));
      for (const problems of [undeclared, absent]) {
        expect(problems).toHaveLength(readers.length);
        expect(problems.map((problem) => problem.split(': ')[0]).toSorted()).toEqual(readers.toSorted());
      }
    }
  });

  test('a field that becomes text names the panels that calculate with it or group by it', () => {
    const [system, fields] = read(dashboard);
    const used = fields.find(({ use, target }) => use === 'calculation' && target === 'kibana')!;
    const problems = broken(system, fields, [], (supply) => ({
      ...supply,
      declared: {
        fields: supply.declared.fields.map((field) =>
          field.path.steps.join('.') === used.field ? { ...field, type: 'keyword' } : field,
        ),
      },
    }));
    expect(problems).toContain(
      `${used.panel} (kibana): ${used.field} is a keyword, and for calculation it has to be long, integer, short, byte, unsigned_long, double, float, half_float, scaled_float`,
    );
  });

  test('a metric or a label that is renamed names its panels', () => {
    const [system, , metrics] = read(dashboard);
    for (const { metric, labels, panel, target } of metrics) {
      const gone = (name: string) => (supply: Supply) => ({
        ...supply,
        metrics: new Map([...supply.metrics].filter(([given]) => given !== name)),
      });
      expect(broken(system, [], metrics, gone(metric))).toContain(
        `${panel} (${target}): ${metric} is given by no shipped source`,
      );
      for (const label of labels) {
        const without = (supply: Supply): Supply => ({
          ...supply,
          metrics: new Map(
            [...supply.metrics].map(([name, { kinds, labels: all }]) => [
              name,
              { kinds, labels: new Set([...all].filter((one) => one !== label)) },
            ]),
          ),
        });
        expect(broken(system, [], metrics, without)).toContain(`${panel} (${target}): ${metric} has no label ${label}`);
      }
    }
  });
});

describe('the dashboards that mirrord publishes', () => {
  test('find each field that they read, with a type that suits', () => {
    expect(broken('mirrord', PUBLISHED, [])).toEqual([]);
  });

  test('find their indices in Elasticsearch, and their tags in Datadog', () => {
    expect([...arrived['mirrord']!.indices].every((index) => /^logstash-\d{4}\.\d\d\.\d\d$/.test(index))).toBe(true);
    expect([...arrived['mirrord']!.tags]).toEqual(expect.arrayContaining(PUBLISHED_TAGS));
  });

  test('a field that is renamed names their panels', () => {
    const problems = broken('mirrord', PUBLISHED, [], (supply) => ({
      ...supply,
      declared: { fields: supply.declared.fields.filter(({ path }) => path.text !== 'fields.scale_down') },
    }));
    expect(problems).toEqual([
      'Kibana: Copy Target Events (kibana): fields.scale_down is not declared in the field file',
      'Datadog: Copy Target Events (datadog): fields.scale_down is not declared in the field file',
    ]);
  });
});

test('tailrace’s own numbers go to the indices that the dashboard’s data view has', () => {
  const { indices } = arrived['tailrace']!;
  expect([...indices].length).toBeGreaterThan(0);
  const prefix = DEFAULTS.health_index_pattern.replace('*', '');
  for (const index of indices) expect(index.startsWith(prefix)).toBe(true);
});

test('tailrace’s own events hold what their field file declares, and nothing else', () => {
  const { fields } = arrived['tailrace']!;
  const names = new Set(declared.tailrace.fields.map(({ path }) => path.steps.join('.')));
  const objects = new Set([...names].filter((name) => name.includes('.')).map((name) => name.split('.')[0]!));
  expect([...fields].filter((field) => !names.has(field) && !objects.has(field))).toEqual([]);
  // Everything was ready.
  expect([...names].filter((name) => !fields.has(name))).toEqual(['not_ready']);
});
