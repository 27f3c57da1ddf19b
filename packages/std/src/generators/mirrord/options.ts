import type { ContainerFormat } from '../container-lines.ts';

/** How often odd things happen, each between 0 and 1. The first four are shares of all events, the others of the events they can happen to. */
export interface MirrordShares {
  /** Events whose text is not JSON: banners, panics, truncated records. */
  nonJson: number;
  /** Events with a text of about `largeBytes`. */
  large: number;
  /** Messages of newer operators (HTTP, SQS, Kafka) that no documentation lists yet. */
  unknown: number;
  /** The operator's other INFO, WARN and ERROR records. */
  operator: number;
  /** Values of a type nobody expects: a port that is a word, an object where a number or a text belongs. */
  mistyped: number;
  /** Sessions of an old operator: `Port Stolen` instead of `Port Steal`, … */
  oldNames: number;
  /** Sessions whose end says `duration` instead of `session_duration`. */
  oldKeys: number;
  /** Sessions whose id is base64 instead of hexadecimal. */
  base64Ids: number;
  /** Sessions that name their target in one text, `target: "deployment/checkout"`, without its namespace. */
  targetString: number;
  /** Ports written as text. */
  portString: number;
  /** Session durations written as text. */
  durationString: number;
  /** Session durations written with a fraction. */
  durationFloat: number;
  /** Records that carry `span`, `spans` and `threadId`. */
  spans: number;
  /** Large events that are followed by a line of the other stream, so that their parts are interleaved with it. */
  interleave: number;
}

/** What to generate. Equal options give equal bytes. */
export interface MirrordOptions {
  /** Most log events. A long event that the container runtime cuts counts once: its partial lines come on top. */
  lines: number;
  /** Any text or number. Default 1. */
  seed?: string | number;
  /** Default docker. */
  format?: ContainerFormat;
  /** Time of the first event, ISO 8601. Default 2026-11-02T06:00:00Z, a Monday. */
  start?: string;
  /** Mean events per second; the hour of the day moves it up and down. Default 0.25, so 20,000 events are about a day. */
  rate?: number;
  /** How many people's machines use mirrord. Default 150. */
  clients?: number;
  /** How many workloads they work on. Default 80. */
  targets?: number;
  /** Seconds the cluster has been at work before the first event, so that sessions are open when it is written. Default 0. */
  warmUp?: number;
  /** Seconds after `start` at which the log ends, whatever `lines` says. Default never. */
  until?: number;
  /** Which part of the cluster's life this is: equal seeds give the same people and workloads, other episodes what else they do. Default none. */
  episode?: string;
  /** Bytes of a large event's text. Default 20,000. */
  largeBytes?: number;
  /** Bytes after which docker and CRI cut a line. Default 16,384, as both do. */
  cutBytes?: number;
  shares?: Partial<MirrordShares>;
}

/** Options with every default filled in. */
export type MirrordSettings = Required<Omit<MirrordOptions, 'shares' | 'episode'>> & {
  shares: MirrordShares;
  episode?: string;
};

/** Ready option sets. `benchmark`: 3 % not JSON, 1 % of 20 KB, a docker line of about 780 bytes and a CRI line of about 630 on average. */
export const mirrordPresets = {
  benchmark: { rate: 20, shares: { nonJson: 0.03, large: 0.01 } },
} satisfies Record<string, Omit<MirrordOptions, 'lines'>>;

const DEFAULT_SHARES: MirrordShares = {
  nonJson: 0.02,
  large: 0.002,
  unknown: 0.05,
  operator: 0.15,
  mistyped: 0,
  oldNames: 0.1,
  oldKeys: 0.1,
  base64Ids: 0.1,
  targetString: 0.1,
  portString: 0.05,
  durationString: 0.04,
  durationFloat: 0.3,
  spans: 0.25,
  interleave: 0.5,
};

/** Fills in the defaults; throws RangeError that says which option is wrong and what was expected. */
export function mirrordSettings(options: MirrordOptions): MirrordSettings {
  const { shares, ...rest } = options;
  const settings: MirrordSettings = {
    seed: 1,
    format: 'docker',
    start: '2026-11-02T06:00:00Z',
    rate: 0.25,
    clients: 150,
    targets: 80,
    warmUp: 0,
    until: Number.POSITIVE_INFINITY,
    largeBytes: 20_000,
    cutBytes: 16_384,
    ...rest,
    shares: { ...DEFAULT_SHARES, ...shares },
  };
  whole('lines', settings.lines, 0);
  whole('clients', settings.clients, 1);
  whole('targets', settings.targets, 1);
  whole('largeBytes', settings.largeBytes, 1_000);
  whole('cutBytes', settings.cutBytes, 64);
  if (!(settings.rate > 0 && settings.rate < 1e6)) expected('rate', settings.rate, 'more than 0 events per second');
  if (!(settings.warmUp >= 0 && settings.warmUp < 1e9)) expected('warmUp', settings.warmUp, 'a number of seconds');
  checkShares(settings.shares);
  return settings;
}

function checkShares(shares: MirrordShares): void {
  for (const [name, share] of Object.entries(shares)) {
    if (!(share >= 0 && share <= 1)) expected(`shares.${name}`, share, 'a number from 0 to 1');
  }
  const sum = shares.nonJson + shares.large + shares.unknown + shares.operator;
  if (sum > 1) expected('shares', sum, 'nonJson + large + unknown + operator to be at most 1');
}

function whole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) expected(name, value, `a whole number of at least ${least}`);
}

function expected(name: string, value: unknown, what: string): never {
  throw new RangeError(`${name}: got ${JSON.stringify(value) ?? String(value)}, expected ${what}`);
}
