import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type DatadogIntake, datadogIntake } from '@tailrace/testkit';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

type Log = Record<string, unknown>;

const mirrord = fileURLToPath(new URL('../../pipelines/mirrord/', import.meta.url));
let intake: DatadogIntake;

beforeEach(async () => {
  intake = await datadogIntake();
  onTestFinished(() => intake.stop());
});

/** The operator's sample log into the intake and, as it is before the sink, into a file. */
const pipeline = (options = ''): string => `
data_dir: data
metrics: { enabled: false }
sources:
  operator: { type: file, include: ['${mirrord}samples/docker/*.log'] }
transforms:
  record: { type: unpack, inputs: operator }
  usage: { type: fields, inputs: record, file: '${mirrord}fields.yaml' }
sinks:
  events: { type: file, inputs: usage, path: events.ndjson }
  datadog: { type: datadog_logs, inputs: usage, api_key: key, url: '${intake.url}', retry: { initial: 10ms, max: 50ms }${options} }
`;

const RESERVED = ['message', 'ddsource', 'ddtags', 'service', 'status', 'timestamp'];
const KUBERNETES =
  'kube_namespace:mirrord,kube_container_name:mirrord-operator,pod_name:mirrord-operator-7d9c5b7f4-x2k8q,kube_deployment:mirrord-operator';

/** All logs that were taken; the samples are older than Datadog's 18 hours, which the intake tells apart. */
const taken = (): Log[] => [...intake.logs.entries, ...intake.logs.dropped];
const byText = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));

/** An event without the members that the sink may rename or add. */
function ownOf({ log: _, ...log }: Log): Log {
  return Object.fromEntries(Object.entries(log).filter(([name]) => !RESERVED.includes(name)));
}

function eventsIn(folder: string): Log[] {
  const lines = readFileSync(join(folder, 'events.ndjson'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Log);
}

test('what is on the wire are the events, with the tags and facets that the published dashboard asks for', async () => {
  const running = await startTailrace(['run', '--once', 'p.yaml'], { files: { 'p.yaml': pipeline() } });
  const { code, stderr } = await running.exit();
  expect(code, stderr).toBe(0);
  const events = eventsIn(running.folder);
  expect(events.length).toBeGreaterThan(150);
  expect(taken().map(ownOf).toSorted(byText)).toEqual(events.map(ownOf).toSorted(byText));
  for (const log of taken()) {
    expect(log).toMatchObject({ ddsource: 'mirrord-operator', service: 'mirrord-operator', ddtags: KUBERNETES });
    expect(typeof log['message']).toBe('string');
  }
  const steal = taken().find(({ fields }) => (fields as Log | undefined)?.['message'] === 'Port Steal');
  expect(steal).toMatchObject({
    message: 'Port Steal',
    status: 'INFO',
    fields: { client_id: expect.any(String) as string },
  });
  const wire = intake.requests.flatMap(({ packed }) => JSON.parse(gunzipSync(packed).toString()) as Log[]);
  expect(wire.toSorted(byText)).toEqual(taken().toSorted(byText));
});

test('every event arrives through refusals, broken connections and a key that is mended', async () => {
  const no = { status: 403, body: { errors: ['Forbidden'] } };
  intake.fault(
    { status: 503 },
    'reset',
    no,
    { status: 413 },
    { status: 429, headers: { 'x-ratelimit-reset': '1' } },
    no,
  );
  const end = await runTailrace(['run', '--once', 'p.yaml'], { files: { 'p.yaml': pipeline(', max_events: 50') } });
  expect(end.code, end.stderr).toBe(0);
  const events = new Set(taken().map((log) => JSON.stringify(log)));
  expect(events.size).toBe(taken().length);
  expect(intake.requests.map(({ status }) => status)).toEqual(expect.arrayContaining([503, 0, 403, 413, 429, 202]));
  expect(taken().length).toBeGreaterThan(150);
});

test('a process that is killed sends again what had no answer, and nothing is missing', async () => {
  const files = { 'p.yaml': pipeline(', max_events: 20, max_in_flight: 1') };
  const first = await startTailrace(['run', 'p.yaml'], { files });
  await intake.received(3);
  await first.kill();
  const second = await startTailrace(['run', '--once', 'p.yaml'], { files, folder: first.folder });
  const { code, stderr } = await second.exit();
  expect(code, stderr).toBe(0);
  const sent = new Set(taken().map((log) => JSON.stringify(ownOf(log))));
  for (const event of eventsIn(first.folder)) expect(sent).toContain(JSON.stringify(ownOf(event)));
  expect(sent.size).toBeGreaterThan(150);
});
