import type { Status } from '@tailrace/local';
import type { Changes } from '../api/use-changes.ts';
import { formatAgo } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import { REFRESHES, type Refresh } from '../state/refresh.ts';
import { eventsAt, type Route, routeHash } from '../state/route.ts';
import type { TimeRange } from '../state/time-range.ts';
import type { Theme } from '../state/use-theme.ts';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';
import { TimePicker } from './time-picker.tsx';

/** What the controls of time show and do; null where there is no time to choose. */
export interface TimeControls {
  readonly range: TimeRange;
  readonly refresh: Refresh;
  onRange(range: TimeRange): void;
  onRefresh(refresh: Refresh): void;
  onRedraw(): void;
  onWiden(): void;
}

interface HeaderProps {
  readonly route: Route;
  readonly changes: Changes;
  readonly time: TimeControls | null;
  readonly theme: Theme;
  onTheme(theme: Theme): void;
  onHelp(): void;
  now(): number;
}

export function Header({ route, changes, time, theme, onTheme, onHelp, now }: HeaderProps) {
  return (
    <header class="header">
      <a class="brand" href="#/">
        <span class="brand-mark">
          <Icon name="logo" />
        </span>
        tailrace
      </a>
      <Navigation route={route} status={changes.status} />
      <div class="header-tools">
        {time !== null && <Times time={time} now={now} />}
        <Live changes={changes} now={now} />
        <ThemeChoice theme={theme} onTheme={onTheme} />
        <button
          type="button"
          class="button quiet square"
          aria-label="Keys and help"
          title="Keys and help"
          onClick={onHelp}
        >
          ?
        </button>
      </div>
    </header>
  );
}

function Navigation({ route, status }: { route: Route; status: Status | null }) {
  const timing = route.page === 'dashboard' || route.page === 'events' ? route : {};
  const dashboards = status?.dashboards ?? [];
  const shown = route.page === 'dashboard' ? dashboards.find(({ id }) => id === route.id) : undefined;
  const button = (
    <>
      <span>{shown === undefined ? 'Dashboards' : `${shown.system} / ${shown.name}`}</span>
      <Icon name="down" />
    </>
  );
  const isEvents = route.page === 'events' || route.page === 'event';
  return (
    <nav class="navigation" aria-label="Main">
      <Popover button={button} title="Dashboards" buttonClass={`button quiet${shown === undefined ? '' : ' current'}`}>
        {(close) => <DashboardMenu {...{ dashboards, timing }} shown={shown?.id} onChoose={close} />}
      </Popover>
      <a
        class={`button quiet${isEvents ? ' current' : ''}`}
        href={routeHash(eventsAt(timing))}
        aria-current={isEvents ? 'page' : undefined}
      >
        Events
      </a>
    </nav>
  );
}

interface DashboardMenuProps {
  readonly dashboards: Status['dashboards'];
  /** Goes along, so that dashboards can be compared. */
  readonly timing: { readonly range?: TimeRange | null; readonly refresh?: Refresh | null };
  readonly shown: string | undefined;
  onChoose(): void;
}

function DashboardMenu({ dashboards, timing: { range = null, refresh = null }, shown, onChoose }: DashboardMenuProps) {
  return (
    <ul class="menu wide">
      {dashboards.map(({ id, system, name, description }) => (
        <li key={id}>
          <a
            class="menu-item"
            href={routeHash({ page: 'dashboard', id, range, refresh, chosen: {} })}
            aria-current={id === shown ? 'page' : undefined}
            onClick={onChoose}
          >
            <b>
              {system} / {name}
            </b>
            <small>{description}</small>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Times({ time, now }: { time: TimeControls; now(): number }) {
  return (
    <div class="group">
      <TimePicker range={time.range} now={now} onChoose={time.onRange} />
      <button
        type="button"
        class="button square"
        aria-label="Show a longer time"
        title="Show a longer time"
        onClick={time.onWiden}
      >
        <Icon name="zoomOut" />
      </button>
      <button
        type="button"
        class="button square"
        aria-label="Refresh now"
        title="Refresh now (r)"
        onClick={time.onRedraw}
      >
        <Icon name="refresh" />
      </button>
      <label class="select" title="How often to refresh">
        <span class="sr-only">Refresh every</span>
        <select value={String(time.refresh)} onChange={(event) => time.onRefresh(Number(event.currentTarget.value))}>
          {REFRESHES.map(({ label, every }) => (
            <option key={label} value={String(every)}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

const CONNECTIONS = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'No connection',
  paused: 'Paused',
} as const;

function Live({ changes: { connection, status }, now }: { changes: Changes; now(): number }) {
  return (
    <Popover
      button={
        <>
          <span class={`dot ${connection}`} aria-hidden="true" />
          <span>{CONNECTIONS[connection]}</span>
        </>
      }
      buttonClass="button quiet live"
      title="The store"
      align="end"
    >
      {() =>
        status === null ? (
          <p class="pad">Nothing is known of the store yet.</p>
        ) : (
          <StoreFacts status={status} now={now()} />
        )
      }
    </Popover>
  );
}

function StoreFacts({ status, now }: { status: Status; now: number }) {
  const { logs, metrics, traces, first, last, bytes, component, version } = status;
  const facts: [string, string][] = [
    ['Log events', logs.toLocaleString('en')],
    ['Metric points', metrics.toLocaleString('en')],
    ['Spans', traces.toLocaleString('en')],
    ['Oldest event', first === null ? '–' : formatAgo(first, now)],
    ['Newest event', last === null ? '–' : formatAgo(last, now)],
    ['On the disk', formatValue(bytes, 'bytes')],
    ['Written by', component],
    ['tailrace', version],
  ];
  return (
    <dl class="facts pad">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const NEXT: Readonly<
  Record<Theme, { readonly theme: Theme; readonly icon: 'screen' | 'sun' | 'moon'; readonly words: string }>
> = {
  auto: { theme: 'light', icon: 'screen', words: 'Colours as the system has them' },
  light: { theme: 'dark', icon: 'sun', words: 'Light colours' },
  dark: { theme: 'auto', icon: 'moon', words: 'Dark colours' },
};

function ThemeChoice({ theme, onTheme }: { theme: Theme; onTheme(theme: Theme): void }) {
  const { theme: next, icon, words } = NEXT[theme];
  const label = `${words}; change to ${next}`;
  return (
    <button type="button" class="button quiet square" aria-label={label} title={label} onClick={() => onTheme(next)}>
      <Icon name={icon} />
    </button>
  );
}
