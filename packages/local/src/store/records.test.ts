import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricRows } from './metrics.ts';
import { type Json, type JsonObject, objectOf, objectsOf, type RecordSignal } from './otlp-records.ts';
import { recordRows } from './record-rows.ts';
import { anyMetricRequest, anyTraceRequest, arrivalsOf, entriesOf, placedOf } from './records.fixture.ts';
import { prepareTables } from './tables.ts';

let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await prepareTables(connection, 'records.duckdb');
  connection.closeSync();
});
afterAll(() => instance.closeSync());

type Row = Record<string, unknown>;
const MICROS = 1_704_067_200_123_456n;

/** What the rows of a request are by SQL. */
async function stored(signal: RecordSignal, request: JsonObject): Promise<Row[]> {
  const connection = await instance.connect();
  await connection.run(`TRUNCATE ${signal}`);
  const entries = entriesOf(signal, request);
  const arrivals = arrivalsOf(signal, entries, Number(MICROS));
  const { refused, write } = recordRows(signal, arrivals);
  expect([...refused]).toEqual([]);
  await write(connection, placedOf(arrivals));
  const labels = signal === 'metrics' ? ', to_json(labels)::VARCHAR AS label_text' : '';
  const answer = await connection.runAndReadAll(
    `SELECT *, epoch_us(time) AS micros${labels} FROM ${signal} ORDER BY _offset`,
  );
  connection.closeSync();
  return answer.getRowObjectsJS();
}

/** What a value of OTLP/JSON is as a column. */
function columnOf(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => columnOf(item as Json));
  return typeof value === 'string' ? Number(value) : value;
}

/** JSON.stringify writes -0 as 0, and on the wire a list that is empty is not there. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    Object.is(item, -0) ? 0 : Array.isArray(item) && item.length === 0 ? undefined : item,
  );

function isWhole(column: unknown, value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every((item, k) => isWhole((column as unknown[])[k], item as Json));
  return typeof value !== 'string' || !/^-?\d+$/.test(value) || BigInt(column as number) === BigInt(value);
}

function labelText(value: JsonObject): string | undefined {
  const { stringValue, boolValue, intValue, doubleValue } = value;
  const simple = stringValue ?? boolValue ?? intValue ?? doubleValue;
  return simple === undefined ? undefined : String(simple);
}

const COLUMNS: Readonly<Record<string, string>> = {
  ...{ asDouble: 'value', asInt: 'value', count: 'count', sum: 'sum', min: 'min', max: 'max' },
  ...{ explicitBounds: 'bounds', bucketCounts: 'buckets' },
};
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

test('what goes in by any data point comes out by SQL', async () => {
  const property = fc.asyncProperty(anyMetricRequest, async (request) => {
    const [above] = objectsOf(request['resourceMetrics']);
    const [scope] = objectsOf(above!['scopeMetrics']);
    const [metric] = objectsOf(scope!['metrics']);
    const kind = KINDS.find((name) => metric![name] !== undefined)!;
    const data = objectOf(metric![kind]);
    const points = objectsOf(data['dataPoints']);
    const rows = await stored('metrics', request);
    expect(rows.length).toBe(points.length);
    for (const [k, row] of rows.entries()) {
      const { name, unit, description } = metric!;
      const expected = {
        ...{ name, unit, description, micros: MICROS, monotonic: data['isMonotonic'] === true },
        kind: kind === 'exponentialHistogram' ? 'exponential_histogram' : kind,
        temporality: [null, 'delta', 'cumulative'][Number(data['aggregationTemporality'] ?? 0)],
      };
      expect(row).toMatchObject(expected);
      const details = JSON.parse(row['details'] as string) as JsonObject;
      expect(details['resource'] ?? {}).toEqual(plain(above!['resource'] ?? {}));
      expect(details['scope'] ?? {}).toEqual(plain(scope!['scope'] ?? {}));
      const { schemaUrl = '', scopeSchemaUrl } = details;
      expect([schemaUrl, scopeSchemaUrl]).toEqual([above!['schemaUrl'], 'of the scope']);
      expectPoint(row, details, points[k]!);
    }
    for (const one of rows)
      for (const other of rows) expect(one['series'] === other['series']).toBe(sameLabels(one, other));
  });
  await fc.assert(property, { numRuns: 100 });
});

function sameLabels(one: Row, other: Row): boolean {
  const sorted = (row: Row) => JSON.stringify(Object.entries(JSON.parse(row['label_text'] as string) as object).sort());
  return sorted(one) === sorted(other);
}

/** Each member of a point stands in its column exactly, or in the details. */
function expectPoint(row: Row, details: JsonObject, point: JsonObject): void {
  const isRecorded = point['flags'] !== 1;
  for (const [member, value] of Object.entries(point)) {
    if (member === 'attributes' || member.endsWith('TimeUnixNano') || member === 'timeUnixNano') continue;
    // Without bounds there is one bucket, with all of the observations.
    const told = member === 'bucketCounts' && isEmptyList(value!) ? [point['count'] ?? 0] : value;
    const column = COLUMNS[member];
    if (column !== undefined && isRecorded && row[column] !== null) expect(row[column]).toEqual(columnOf(told));
    if (column === undefined || !isRecorded) expect(row[column ?? ''] ?? null).toBeNull();
    const isThere = column !== undefined && isRecorded && row[column] !== null && isWhole(row[column], value);
    if (!isThere && value !== undefined && !isEmptyList(value)) expect(details[member]).toEqual(plain(value));
  }
  const labels = JSON.parse(row['label_text'] as string) as Record<string, string>;
  const attributes = objectsOf(point['attributes']);
  for (const [k, { key, value }] of attributes.entries()) {
    const isLast = attributes.findLastIndex((other) => other['key'] === key) === k;
    const text = labelText(objectOf(value));
    if (isLast && text !== undefined) expect(labels[key as string]).toBe(text);
  }
  const areLabels = attributes.every(({ value }) => objectOf(value)['stringValue'] !== undefined);
  const keys = new Set(attributes.map(({ key }) => key));
  if (!areLabels || keys.size < attributes.length) expect(details['attributes']).toEqual(plain(attributes));
  expect(Object.keys(labels).every((key) => keys.has(key) || key === 'job' || key === 'instance')).toBe(true);
}

const isEmptyList = (value: Json) => Array.isArray(value) && value.length === 0;

test('what goes in by any span comes out by SQL', async () => {
  const property = fc.asyncProperty(anyTraceRequest, async (request) => {
    const [above] = objectsOf(request['resourceSpans']);
    const [scope] = objectsOf(above!['scopeSpans']);
    const spans = objectsOf(scope!['spans']);
    const rows = await stored('traces', request);
    for (const [k, row] of rows.entries()) expectSpan(row, spans[k]!);
    for (const row of rows) {
      const details = JSON.parse(row['details'] as string) as JsonObject;
      expect([details['resource'] ?? {}, details['scope'] ?? {}]).toEqual([
        plain(above!['resource'] ?? {}),
        plain(scope!['scope'] ?? {}),
      ]);
    }
  });
  await fc.assert(property, { numRuns: 100 });
});

function expectSpan(row: Row, span: JsonObject): void {
  const details = JSON.parse(row['details'] as string) as JsonObject;
  const { traceId = null, spanId = null, parentSpanId = null, name = '' } = span;
  expect([row['trace_id'], row['span_id'], row['parent_span_id'], row['name']]).toEqual([
    ...[traceId, spanId, parentSpanId, name],
  ]);
  for (const member of ['events', 'links', 'traceState', 'flags', 'droppedLinksCount'])
    if (span[member] !== undefined && !isEmptyList(span[member]!)) expect(details[member]).toEqual(plain(span[member]));
  const [start, end] = [BigInt(String(span['startTimeUnixNano'] ?? 0)), BigInt(String(span['endTimeUnixNano'] ?? 0))];
  if (row['duration_ns'] !== null) expect(start + (row['duration_ns'] as bigint)).toBe(end);
  else if (end !== 0n) expect(details['endTimeUnixNano']).toBe(String(end));
  const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
  expect(row['kind']).toBe(kinds[Number(span['kind'] ?? 0)] ?? 'unspecified');
  const { message = '', code = 0 } = objectOf(span['status']);
  expect([row['status'], row['status_message']]).toEqual([
    ['unset', 'ok', 'error'][code as number] ?? 'unset',
    message,
  ]);
  expectAttributes(row, details, objectsOf(span['attributes']));
}

function expectAttributes(row: Row, details: JsonObject, attributes: readonly JsonObject[]): void {
  const plainOnes = JSON.parse(row['attributes'] as string) as Record<string, unknown>;
  for (const [k, { key, value }] of attributes.entries()) {
    const { stringValue, boolValue, bytesValue } = objectOf(value);
    const simple = stringValue ?? boolValue ?? bytesValue;
    const isLast = attributes.findLastIndex((other) => other['key'] === key) === k;
    if (isLast && simple !== undefined) expect(plainOnes[key as string]).toBe(simple);
    const { bytesValue: bytes, doubleValue } = objectOf(value);
    if (bytes !== undefined || typeof doubleValue === 'string')
      expect(details['attributes']).toEqual(plain(attributes));
  }
}

const request = (
  attributes: readonly string[],
  points: readonly JsonObject[],
  resource: readonly string[],
): JsonObject => ({
  resourceMetrics: [
    {
      resource: { attributes: keyValues(resource) },
      scopeMetrics: [
        {
          scope: { name: 'tailrace/prometheus_scrape' },
          metrics: points.map((point) => ({
            name: 'requests_total',
            sum: {
              aggregationTemporality: 2,
              isMonotonic: true,
              dataPoints: [{ attributes: keyValues(attributes), ...point }],
            },
          })),
        },
      ],
    },
  ],
});

const keyValues = (texts: readonly string[]): JsonObject[] =>
  texts.map((text) => ({ key: text.split('=')[0]!, value: { stringValue: text.split('=')[1]! } }));

test('a scraped point has its target as labels, and is of one series whatever the order of its attributes', () => {
  const target = ['service.name=shop', 'service.instance.id=10.0.0.7:9000'];
  const rows = (attributes: readonly string[], resource: readonly string[]) =>
    metricRows(entriesOf('metrics', request(attributes, [{ asDouble: 3 }], resource)));
  const [row] = rows(['code=200', 'method=GET'], target);
  expect(row).toMatchObject({
    name: 'requests_total',
    kind: 'sum',
    temporality: 'cumulative',
    monotonic: true,
    value: 3,
  });
  const { labels, series, start } = row as Exclude<typeof row, string | undefined>;
  expect([Object.fromEntries(labels), start]).toEqual([
    { code: '200', method: 'GET', job: 'shop', instance: '10.0.0.7:9000' },
    null,
  ]);
  const seriesOf = (attributes: readonly string[], resource: readonly string[]) =>
    (rows(attributes, resource)[0] as { series: bigint }).series;
  expect(seriesOf(['method=GET', 'code=200'], target.toReversed())).toBe(series);
  expect(seriesOf(['method=GET', 'code=500'], target)).not.toBe(series);
  expect(seriesOf(['method=GET', 'code=200'], [...target, 'host=b'])).not.toBe(series);
  const own = rows(['job=mine'], [...target, 'service.namespace=eu'])[0] as { labels: ReadonlyMap<string, string> };
  expect(own.labels.get('job')).toBe('mine');
  const spaced = rows([], [...target, 'service.namespace=eu'])[0] as { labels: ReadonlyMap<string, string> };
  expect(spaced.labels.get('job')).toBe('eu/shop');
});

test('a series that has ended has no value, and says so', () => {
  const [row] = metricRows(entriesOf('metrics', request([], [{ flags: 1 }], [])));
  expect(row).toMatchObject({ value: null });
  expect(JSON.parse((row as { details: string }).details)).toMatchObject({ flags: 1 });
});

test('a record that cannot be read takes none of its neighbours with it', () => {
  const entries = entriesOf('metrics', request([], [{ asDouble: 1 }, { asDouble: 2 }], []));
  const broken = { envelope: entries[0]!.envelope, record: Uint8Array.of(0xff, 0xff) };
  const rows = metricRows([entries[0]!, broken, entries[1]!, { envelope: Uint8Array.of(1), record: new Uint8Array() }]);
  expect(rows.map((row) => (typeof row === 'string' ? 'refused' : row.value))).toEqual([1, 'refused', 2, 'refused']);
  expect(rows[1]).toMatch(/byte/);
});
