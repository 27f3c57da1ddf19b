import type { GroupValue } from '@tailrace/dashboards';
import type { OperatorEvent } from './operator-log.ts';

/** A percentile is known by the numbers it is of: an estimate may be off by 1 % of their ranks. */
export interface KnownPercentile {
  readonly percent: number;
  readonly of: readonly number[];
}

/** A row of a panel as it must come out. */
export interface KnownRow {
  readonly groups: readonly GroupValue[];
  readonly time?: number;
  readonly columns: readonly (number | null | KnownPercentile)[];
}

type Column = (events: readonly OperatorEvent[]) => number | null | KnownPercentile;

const FUNCTIONAL = ['Session Start', 'Session End', 'Port Steal', 'Port Mirror', 'Port Release', 'Copy Target'];

/** What each panel of logs of mirrord's dashboard shows, counted here once more and by hand; `step` in milliseconds. */
export function knownNumbers(
  all: readonly OperatorEvent[],
  times: readonly number[],
  step: number,
): Readonly<Record<string, readonly KnownRow[]>> {
  const events = all.filter(({ target }) => !target?.startsWith('mirrord-copy-'));
  const kind = (...messages: string[]) => events.filter(({ message }) => messages.includes(message ?? ''));
  const [started, ended, stolen, functional] = [
    kind('Session Start'),
    kind('Session End'),
    kind('Port Steal'),
    kind(...FUNCTIONAL),
  ];
  const steps = (own: readonly OperatorEvent[], ...columns: Column[]) =>
    times.map((time) => {
      const inside = own.filter((event) => event.time >= time && event.time < time + step);
      return { groups: [], time, columns: columns.map((column) => column(inside)) };
    });
  const stepsBy = (own: readonly OperatorEvent[], key: keyof OperatorEvent, size: number) =>
    largest(own, key, size, count).flatMap(([value, members]) =>
      steps(members, count).map((row) => ({ ...row, groups: [value] })),
    );
  const openSessions = times.map((time) => {
    const before = (own: readonly OperatorEvent[]) => own.filter((event) => event.time < time + step).length;
    return { groups: [], time, columns: [before(started) - before(ended)] };
  });
  return {
    sessions: one(distinct('session')(started)),
    'active-users': one(distinct('clientId')(functional)),
    'targets-used': one(distinct('target')(started)),
    'median-session': one(percentile(50)(ended)),
    'errors-and-warnings': one(events.filter(({ level }) => level === 'ERROR' || level === 'WARN').length),
    'sessions-over-time': stepsBy(started, 'user', 10),
    'open-sessions': openSessions,
    'session-duration': steps(ended, percentile(50), percentile(95), percentile(99)),
    'events-by-kind': stepsBy(functional, 'message', 12),
    'top-targets': top(started, 'target', distinct('session')),
    'top-users': top(started, 'user', distinct('session')),
    'top-namespaces': top(started, 'namespace', distinct('session')),
    users: users(functional),
    'cli-versions': top(started, 'cliVersion', distinct('clientId')),
    'steal-and-mirror': stepsBy(kind('Port Steal', 'Port Mirror'), 'message', 2),
    'stolen-ports': top(stolen, 'port', count),
    'steals-by-filter': [
      {
        groups: [],
        columns: [stolen.filter(has('filter')).length, stolen.filter((event) => !has('filter')(event)).length],
      },
    ],
    'http-filters': largest(stolen, 'filter', 20, count).flatMap(([filter, ofFilter]) =>
      largest(ofFilter, 'target', 5, count).flatMap(([target, ofTarget]) =>
        largest(ofTarget, 'user', 5, count).map(([user, own]) => ({
          groups: [filter, target, user],
          columns: [own.length],
        })),
      ),
    ),
    'port-conflicts': portConflicts(stolen),
    'copy-targets': stepsBy(kind('Copy Target'), 'scaleDown', 2),
  };
}

function users(functional: readonly OperatorEvent[]): KnownRow[] {
  const isKind = (kind: string) => (event: OperatorEvent) => event.message === kind;
  const sessions: Column = (events) => distinct('session')(events.filter(isKind('Session Start')));
  return largest(functional, 'user', 50, sessions).flatMap(([user, ofUser]) =>
    largest(ofUser, 'machine', 3, sessions).flatMap(([machine, ofMachine]) =>
      largest(ofMachine, 'namespace', 5, sessions).map(([namespace, own]) => ({
        groups: [user, machine, namespace],
        columns: [
          sessions(own),
          percentile(50)(own.filter(isKind('Session End'))),
          Math.max(...own.map(({ time }) => time)),
        ],
      })),
    ),
  );
}

function portConflicts(stolen: readonly OperatorEvent[]): KnownRow[] {
  return largest(stolen, 'target', 50, distinct('user')).flatMap(([target, ofTarget]) =>
    largest(ofTarget, 'port', 20, distinct('user'))
      .map(([port, own]) => ({ groups: [target, port], columns: [distinct('user')(own), own.length] }))
      .filter(({ columns }) => Number(columns[0]) >= 2),
  );
}

function one(column: KnownRow['columns'][number]): KnownRow[] {
  return [{ groups: [], columns: [column] }];
}

function top(events: readonly OperatorEvent[], key: keyof OperatorEvent, column: Column): KnownRow[] {
  return largest(events, key, 10, column).map(([value, own]) => ({ groups: [value], columns: [column(own)] }));
}

/** The groups with the largest numbers; of equal ones the first by their bytes. */
function largest(
  events: readonly OperatorEvent[],
  key: keyof OperatorEvent,
  size: number,
  column: Column,
): [GroupValue, OperatorEvent[]][] {
  const groups = Map.groupBy(events.filter(has(key)), (event) => event[key] as GroupValue);
  const ranked = [...groups].map(([value, own]) => ({ value, own, number: Number(column(own)) }));
  ranked.sort((a, b) => b.number - a.number || inOrder(a.value, b.value));
  return ranked.slice(0, size).map(({ value, own }) => [value, own]);
}

function inOrder(a: GroupValue, b: GroupValue): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return Number(a) - Number(b);
}

function has(key: keyof OperatorEvent) {
  return (event: OperatorEvent) => event[key] !== undefined;
}

const count: Column = (events) => events.length;

function distinct(key: keyof OperatorEvent): (events: readonly OperatorEvent[]) => number {
  return (events) => new Set(events.filter(has(key)).map((event) => event[key])).size;
}

function percentile(percent: number): Column {
  return (events) => {
    const of = events.flatMap(({ duration }) => (duration === undefined ? [] : [duration]));
    return of.length === 0 ? null : { percent, of };
  };
}
