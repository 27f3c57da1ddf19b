import { type Client, drawClients, drawTargets, type Target } from '../mirrord/cast.ts';
import { createRandom, hex, popularity, type Random, spread } from '../random.ts';
import {
  add,
  type HistogramMetric,
  histogramMetric,
  type Labels,
  type Metric,
  numberMetric,
  observe,
} from './model.ts';

/** A mirrord operator as its metrics show it; each `tick` is what happens between two scrapes. */
export interface Operator {
  readonly metrics: readonly Metric[];
  tick(): void;
}

/** Seconds between two ticks, by which the licence runs down. */
export const TICK_SECONDS = 15;
const LICENCE_SECONDS = 90 * 24 * 3600;
const [CLIENTS, TARGETS] = [12, 10];
const SESSION_BOUNDS = [1, 10, 60, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200];
const PING_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const PREVIEW_BOUNDS = [60, 600, 3600, 86_400];
const PORTS = ['80', '8080', '3000'];
const QUEUES = ['orders', 'invoices.fifo', 'mail'];

/** Who is at work: the labels of sessions and of messages. */
interface Person {
  readonly userId: string;
  readonly session: Labels;
  readonly forwarded: Labels;
  /** What they work on. */
  readonly targets: readonly Target[];
}

interface OpenSession {
  readonly endsIn: number;
  readonly metric: HistogramMetric;
  readonly labels: Labels;
  readonly thousandths: number;
}

/** Makes an operator; equal seeds give equal numbers, tick by tick. */
export function createOperator(seed: string | number): Operator {
  const random = createRandom(seed);
  const clients = drawClients(random, CLIENTS);
  const targets = drawTargets(random, TARGETS);
  const anyPerson = popularity(clients.map((client, k) => personOf(client, somebodysTargets(targets, k))));
  const metrics = operatorMetrics();
  let open: OpenSession[] = [];
  const licenceLeft = () => metrics.license.series.get('{}')?.value ?? LICENCE_SECONDS + TICK_SECONDS;

  return {
    metrics: Object.values(metrics),
    tick() {
      metrics.license.series.set('{}', { labels: {}, value: licenceLeft() - TICK_SECONDS });
      for (const { metric, labels, thousandths } of open.filter(({ endsIn }) => endsIn === 0))
        observe(metric, labels, thousandths, { traceId: hex(random, 4), spanId: hex(random, 2) });
      open = open.filter(({ endsIn }) => endsIn > 0).map((session) => ({ ...session, endsIn: session.endsIn - 1 }));
      for (let left = random.below(7); left > 0; left--) {
        open.push(startSession(random, metrics, anyPerson(random)));
      }
      if (random.chance(0.5)) open.push(startCiSession(random, metrics, random.pick(targets)));
      if (random.chance(0.2)) open.push(startPreview(random, metrics, random.pick(targets)));
      for (const queue of QUEUES) readQueue(random, metrics, queue, anyPerson(random));
    },
  };
}

function operatorMetrics() {
  const counter = (name: string, help: string) => numberMetric('counter', name, help);
  return {
    license: numberMetric('gauge', 'mirrord_license_valid_seconds', 'Seconds left until the licence ends.'),
    created: counter('mirrord_sessions_create_total', 'Sessions that were started.'),
    durations: histogramMetric('mirrord_sessions_duration', 'How long finished sessions took.', SESSION_BOUNDS),
    pings: histogramMetric('mirrord_operator_ping_latency', 'Round trips between users and operator.', PING_BOUNDS),
    connections: counter('mirrord_stolen_connections_count', 'Connections that went to a user.'),
    requests: counter('mirrord_stolen_requests_count', 'HTTP requests that went to a user.'),
    read: counter('mirrord_read_sqs_messages_count', 'Messages read from a queue.'),
    forwarded: counter('mirrord_sqs_messages_forwarded_to_user_count', 'Messages that went to a user.'),
    unmatched: counter('mirrord_unmatched_sqs_messages_count', 'Messages that no filter of a user took.'),
    ciCreated: counter('mirrord_ci_sessions_create_total', 'Sessions that CI jobs started.'),
    ciDurations: histogramMetric('mirrord_ci_sessions_duration', 'How long sessions of CI jobs took.', SESSION_BOUNDS),
    previewsCreated: counter('mirrord_previews_create_total', 'Preview environments that were made.'),
    previewDurations: histogramMetric('mirrord_previews_duration', 'How long previews were there.', PREVIEW_BOUNDS),
  };
}
type OperatorMetrics = ReturnType<typeof operatorMetrics>;

function somebodysTargets(targets: readonly Target[], who: number): Target[] {
  return [0, 1, 4].map((step) => targets[(who * 3 + step) % targets.length]!);
}

function personOf({ id, user, members }: Client, targets: readonly Target[]): Person {
  const client = JSON.parse(`{${members}}`) as Record<'client_hostname' | 'client_name' | 'client_user', string>;
  const { client_hostname, client_name, client_user } = client;
  return {
    ...{ userId: id, targets },
    session: { client_hostname, client_name, client_user, user_id: id },
    forwarded: { k8s_user: user, local_username: client_hostname.split(/[.'-]/, 1)[0] ?? '' },
  };
}

function startSession(random: Random, metrics: OperatorMetrics, { userId, session, targets }: Person) {
  const target = random.pick(targets);
  add(metrics.created, session, 1);
  for (let pings = 1 + random.below(3); pings > 0; pings--)
    observe(metrics.pings, session, Math.ceil(spread(random, 40, 1.2)));
  // A workload serves on one port.
  const port = PORTS[target.name.length % PORTS.length] ?? '80';
  const place = { port, namespace: target.namespace, target: target.name };
  add(metrics.connections, { ...place, user_id: userId }, random.below(30));
  add(metrics.requests, { ...place, user_id: userId }, random.below(200));
  return { endsIn: random.below(4), metric: metrics.durations, labels: session, thousandths: longTime(random, 480) };
}

function startCiSession(random: Random, metrics: OperatorMetrics, target: Target): OpenSession {
  const labels = targetLabels(target);
  add(metrics.ciCreated, labels, 1);
  return { endsIn: random.below(3), metric: metrics.ciDurations, labels, thousandths: longTime(random, 90) };
}

function startPreview(random: Random, metrics: OperatorMetrics, target: Target): OpenSession {
  const labels = targetLabels(target);
  add(metrics.previewsCreated, labels, 1);
  return { endsIn: 2 + random.below(5), metric: metrics.previewDurations, labels, thousandths: longTime(random, 5000) };
}

function readQueue(random: Random, metrics: OperatorMetrics, queue: string, { forwarded }: Person): void {
  const read = random.below(50);
  const taken = random.below(read + 1);
  const place = { original_queue: queue };
  add(metrics.read, place, read);
  add(metrics.forwarded, { ...forwarded, ...place }, taken);
  add(metrics.unmatched, place, read - taken);
}

function targetLabels({ namespace, type, name }: Target): Labels {
  return { target_namespace: namespace, target_kind: type, target_name: name };
}

/** Milliseconds around a median of seconds. */
function longTime(random: Random, medianSeconds: number): number {
  return Math.ceil(spread(random, medianSeconds * 1000, 1.1));
}
