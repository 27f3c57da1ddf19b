import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Target } from './cast.ts';
import type { MirrordShares } from './options.ts';
import type { Truth } from './record.ts';
import type { Session, SessionPort, SessionStep } from './sessions.ts';

/** The functional messages, each with the name that old operators gave it. */
export const OLD_MESSAGE_NAMES: Readonly<Record<string, string>> = {
  'Copy Target': 'Target Copied',
  'Port Steal': 'Port Stolen',
  'Port Mirror': 'Port Mirrored',
  'Port Release': 'Port Released',
  'Session Start': 'Session Started',
  'Session End': 'Session Ended',
};

/** A record's JSON text before it has a time: what comes before the time, what comes after it, and the truth. */
export interface Draft {
  rest: string;
  truth: Truth;
}

/** Writes one step of a session as the operator does (tracing's JSON layer: timestamp, level, fields, target, span, spans, threadId). */
export function writeStep(random: Random, shares: MirrordShares, step: SessionStep): Draft {
  const { session } = step;
  const message = messageOf(step);
  const target = step.original ?? session.target;
  const old = session.old;
  const truth: Truth = {
    kind: 'functional',
    message,
    level: 'INFO',
    clientId: session.client.id,
    clientUser: session.client.user,
    target: old.target ? { type: target.type, name: target.name } : target,
  };
  const name = old.names ? OLD_MESSAGE_NAMES[message] : message;
  let fields = `"message":"${name}",${old.target ? target.joined : target.split},${session.client.members}`;
  if (step.kind === 'copy') {
    truth.scaleDown = step.scaleDown === true;
    fields += `,"scale_down":${truth.scaleDown}`;
  } else {
    truth.sessionId = session.id;
    fields += `,"session_id":"${session.id}"`;
  }
  if (step.kind === 'start') {
    truth.cliVersion = session.client.cliVersion;
    fields += `,"client_cli_version":"${session.client.cliVersion}"`;
  }
  const port = session.ports[step.index];
  if (port !== undefined && (step.kind === 'use' || step.kind === 'release')) {
    fields += writePort(random, shares, truth, port, step.kind === 'use');
  }
  if (step.kind === 'end') fields += writeDuration(random, shares, truth, session);
  const spans = random.chance(shares.spans) ? writeSpans(random, session, target) : '';
  return { rest: `"level":"INFO","fields":{${fields}},"target":"operator::session"${spans}}`, truth };
}

/** Prints a number of seconds like Rust prints an f64: always with a fraction. */
export function rustFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function messageOf(step: SessionStep): string {
  if (step.kind === 'copy') return 'Copy Target';
  if (step.kind === 'start') return 'Session Start';
  if (step.kind === 'end') return 'Session End';
  if (step.kind === 'release') return 'Port Release';
  return step.session.ports[step.index]?.steals === true ? 'Port Steal' : 'Port Mirror';
}

function writePort(random: Random, shares: MirrordShares, truth: Truth, use: SessionPort, begins: boolean): string {
  if (random.chance(shares.mistyped)) {
    truth.mistyped = true;
    return random.chance(0.5) ? ',"port":"http"' : ',"port":{"number":80,"name":"http"}';
  }
  truth.port = use.port;
  const port = random.chance(shares.portString) ? `,"port":"${use.port}"` : `,"port":${use.port}`;
  if (!begins || use.filter === undefined) return port;
  truth.httpFilter = use.filter;
  return `${port},"http_filter":${JSON.stringify(use.filter)}`;
}

function writeDuration(random: Random, shares: MirrordShares, truth: Truth, session: Session): string {
  const key = session.old.keys ? 'duration' : 'session_duration';
  if (random.chance(shares.mistyped)) {
    truth.mistyped = true;
    return random.chance(0.5) ? `,"${key}":"a while"` : `,"${key}":{"secs":12,"nanos":0}`;
  }
  truth.durationMs = session.durationMs;
  const seconds = session.durationMs / 1000;
  const text = session.durationMs % 1000 === 0 && random.chance(0.8) ? String(seconds) : rustFloat(seconds);
  return random.chance(shares.durationString) ? `,"${key}":"${text}"` : `,"${key}":${text}`;
}

function writeSpans(random: Random, session: Session, target: Target): string {
  const span = `{"session_id":"${session.id}","name":"session"}`;
  return `,"span":${span},"spans":[{"namespace":"${target.namespace}","name":"reconcile"},${span}],"threadId":"ThreadId(${2 + random.below(14)})"`;
}

/** Puts the time in front of a draft. */
export function stamp(draft: Draft, clock: Clock, at: number): string {
  return `{"timestamp":"${clock.micros(at)}",${draft.rest}`;
}
