import { createHash } from 'node:crypto';

/** What a program wrote under an id; the oracle compares all of it with what arrived. */
export interface Payload {
  id: string;
  n: number | string;
  text: string;
  pad: string;
}

/** What one id stands for. */
export interface Issue {
  payload: Payload;
  /** When the container runtime read the line, as it stands in the file. */
  time: string;
  /** How often it was written: more than once only where files have to begin alike. */
  copies: number;
  /** The target refuses it for good, so its place is among the dead letters. */
  poison: boolean;
}

/** The ground truth of one case: what was written, and what the case itself destroyed before anybody can have read it. */
export interface FaultLedger {
  readonly issued: ReadonlyMap<string, Issue>;
  readonly destroyed: ReadonlySet<string>;
  /** Draws the next id of a container and remembers what is written under it. */
  issue(container: string, options?: IssueOptions): Issue;
  /** One more copy of what was issued. */
  copy(issue: Issue): void;
  destroy(ids: Iterable<string>): void;
}

/** How an issued payload differs from the usual one. */
export interface IssueOptions {
  /** Length of `pad`; default some tens of characters. */
  padding?: number;
  poison?: boolean;
}

const CLOCK_START = Date.UTC(2026, 10, 20, 23, 59, 50);
const TEXTS = ['plain', 'ä ö ü ß', 'quote " backslash \\ slash /', 'tab \t end', '日本語 ログ', '🚰 runs', ''];

/** Begins a ledger; `name` begins every id, so that cases that share a server do not meet. */
export function faultLedger(name: string): FaultLedger {
  const issued = new Map<string, Issue>();
  const destroyed = new Set<string>();
  let next = 0;
  return {
    issued,
    destroyed,
    issue(container, { padding, poison = false } = {}) {
      const n = next++;
      const id = `${name}-${container}-${String(n).padStart(6, '0')}`;
      // Ten seconds before midnight: what a thousand lines later is written goes to another index.
      const time = new Date(CLOCK_START + n * 10).toISOString().replace('Z', '000001Z');
      const issue = { payload: payloadOf(id, n, padding, poison), time, copies: 1, poison };
      issued.set(id, issue);
      return issue;
    },
    copy(issue) {
      issue.copies++;
    },
    destroy(ids) {
      for (const id of ids) destroyed.add(id);
    },
  };
}

function payloadOf(id: string, n: number, padding: number | undefined, poison: boolean): Payload {
  const random = createHash('sha256').update(id).digest();
  const pad = random.toString('hex').slice(0, 16 + (random[0]! & 31));
  return {
    id,
    n: poison ? `not a number ${n}` : n,
    text: TEXTS[random[1]! % TEXTS.length]!,
    pad: padding === undefined ? pad : pad.repeat(1 + Math.ceil(padding / pad.length)).slice(0, padding),
  };
}
