import { hex, popularity, type Random, spread } from '../random.ts';
import { type Client, copyOf, drawClients, drawTargets, type Target } from './cast.ts';
import { createEventQueue } from './event-queue.ts';
import type { MirrordSettings } from './options.ts';

/** A port a session uses; `filter` is the HTTP filter of a steal. */
export interface SessionPort {
  port: number;
  steals: boolean;
  filter?: string;
}

/** One use of mirrord, from its start to its end; how it spells things stays the same throughout. */
export interface Session {
  id: string;
  client: Client;
  target: Target;
  ports: SessionPort[];
  durationMs: number;
  old: { names: boolean; keys: boolean; target: boolean };
}

/** Something a session does. `index` is the port's place in the session; `original` and `scaleDown` belong to a copy. */
export interface SessionStep {
  at: number;
  session: Session;
  kind: 'copy' | 'start' | 'use' | 'release' | 'end';
  index: number;
  original?: Target;
  scaleDown?: boolean;
}

/** The sessions of a cluster, as one endless sequence of steps in the order of their times. */
export interface Sessions {
  /** When the next step happens, in seconds after the start. */
  nextAt(): number;
  next(): SessionStep;
  anyClient(): Client;
  anyTarget(): Target;
}

/** Mean number of steps of a session: start and end, 1.3 ports twice, and a copy in every eighth. */
const STEPS_PER_SESSION = 2 + 1.3 * 2 + 0.125;
const MEDIAN_SECONDS = 480;
const LONGEST_SECONDS = 12 * 3600;

/**
 * Lets people begin sessions all the time, `stepsPerSecond` steps on average, by day more than by night. Who they are comes from `cast`,
 * what they do from `random`.
 */
export function createSessions(
  { cast, random }: { readonly cast: Random; readonly random: Random },
  settings: MirrordSettings,
  stepsPerSecond: number,
  activity: (at: number) => number,
): Sessions {
  const clients = popularity(drawClients(cast, settings.clients));
  const targets = popularity(drawTargets(cast, settings.targets));
  const queue = createEventQueue<SessionStep>();
  const meanGap = STEPS_PER_SESSION / stepsPerSecond;
  const gap = (at: number) => (random.unit() * 2 * meanGap) / activity(at);
  const draw = () => drawSession(random, settings, clients(random), targets(random));
  let arrivalAt = -settings.warmUp;

  const arrive = () => {
    const session = draw();
    const copies = random.chance(0.125);
    const startAt = arrivalAt + (copies ? 2 + random.unit() * 15 : 0);
    if (copies) {
      const original = session.target;
      session.target = copyOf(random, original);
      queue.push({ at: arrivalAt, session, kind: 'copy', index: 0, original, scaleDown: random.chance(0.4) });
    }
    queue.push({ at: startAt, session, kind: 'start', index: 0 });
    arrivalAt += gap(arrivalAt);
  };

  return {
    nextAt: () => Math.min(arrivalAt, queue.peek()?.at ?? arrivalAt),
    next() {
      while ((queue.peek()?.at ?? Number.POSITIVE_INFINITY) >= arrivalAt) arrive();
      const step = queue.pop() as SessionStep;
      const follow = following(step);
      if (follow !== undefined) queue.push(follow);
      return step;
    },
    anyClient: () => clients(random),
    anyTarget: () => targets(random),
  };
}

// A step brings its successor, so a running session takes one place in the queue whatever it will do.
function following(step: SessionStep): SessionStep | undefined {
  const { session, kind, at } = step;
  const seconds = session.durationMs / 1000;
  const count = session.ports.length;
  const short = seconds * 0.02;
  const end = seconds * (1 - 0.04 * count);
  if (kind === 'start')
    return { at: at + (count === 0 ? seconds : short), session, kind: count === 0 ? 'end' : 'use', index: 0 };
  if (kind === 'use') {
    const more = step.index + 1 < count;
    return { at: at + (more ? short : end), session, kind: more ? 'use' : 'release', index: more ? step.index + 1 : 0 };
  }
  if (kind === 'release') {
    const more = step.index + 1 < count;
    return { at: at + short, session, kind: more ? 'release' : 'end', index: more ? step.index + 1 : 0 };
  }
  return undefined;
}

function drawSession(random: Random, settings: MirrordSettings, client: Client, target: Target): Session {
  const { shares } = settings;
  const seconds = Math.min(LONGEST_SECONDS, 0.5 + spread(random, MEDIAN_SECONDS, 1.1));
  // Drawn here, not when it is printed, so that the end comes exactly that long after the start.
  const durationMs = random.chance(shares.durationFloat) ? Math.round(seconds * 1000) : Math.ceil(seconds) * 1000;
  const id = hex(random, 2);
  return {
    id: random.chance(shares.base64Ids) ? Buffer.from(id, 'hex').toString('base64') : id,
    client,
    target,
    ports: drawPorts(random),
    durationMs,
    old: {
      names: random.chance(shares.oldNames),
      keys: random.chance(shares.oldKeys),
      target: random.chance(shares.targetString),
    },
  };
}

function drawPorts(random: Random): SessionPort[] {
  const count = random.pick([0, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
  const steals = random.chance(0.6);
  const first = random.pick(PORTS);
  return Array.from({ length: count }, (_, index) => {
    const port = first + index;
    return steals && random.chance(0.4) ? { port, steals, filter: random.pick(FILTERS)(random) } : { port, steals };
  });
}

const PORTS = [80, 80, 8080, 8080, 8080, 3000, 5000, 9090, 8443, 50051];
const FILTERS: readonly ((random: Random) => string)[] = [
  (random) => `header: ^x-user: dev-${random.below(40)}$`,
  () => 'header: ^baggage: .*mirrord-session=\\w+',
  () => 'path: ^/api/v\\d+/(?<resource>[a-z]+)\\?draft=true&full=1',
  (random) => `method: POST && header: ^x-tenant: "t-${random.below(9)}"`,
  () => 'header: ^x-név: Zoë 🚀$',
];
