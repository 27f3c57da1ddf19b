import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Changes } from '../api/use-changes.ts';
import { eventsAt, type Route } from '../state/route.ts';
import { useSession } from '../state/session.ts';
import type { Theme } from '../state/use-theme.ts';
import { Header, type TimeControls } from './header.tsx';
import { LoadingStatus } from './loading-status.tsx';
import { StoreBanner } from './store-banner.tsx';
import { useKeys } from './use-keys.ts';

/** What every page of it has around. */
export interface Chrome {
  readonly route: Route;
  readonly changes: Changes;
  readonly theme: Theme;
  readonly shownTheme: 'light' | 'dark';
  /** Whether the search is to have the focus as soon as it is there. */
  readonly wantsSearch: RefObject<boolean>;
  onTheme(theme: Theme): void;
  onHelp(): void;
}

interface ShellProps {
  readonly chrome: Chrome;
  /** Of the window. */
  readonly title: string;
  readonly time: TimeControls | null;
  readonly children: ComponentChildren;
}

export const SEARCH_ID = 'event-search';

export function Shell({ chrome, title, time, children }: ShellProps) {
  const { route, changes, theme, onTheme, onHelp } = chrome;
  const { now } = useSession();
  useEffect(() => {
    document.title = `${title} – tailrace`;
  }, [title]);
  useShellKeys(chrome, time);
  return (
    <>
      <button type="button" class="skip" onClick={focusContent}>
        Skip to the content
      </button>
      <Header {...{ route, changes, time, theme, onTheme, onHelp, now }} />
      <main id="content" tabIndex={-1}>
        <StoreBanner changes={changes} time={time} now={now} />
        {children}
        <LoadingStatus />
      </main>
    </>
  );
}

/** No link to `#content`: what stands behind `#` is the route. */
function focusContent(): void {
  document.getElementById('content')?.focus();
}

function useShellKeys({ route, wantsSearch, onHelp }: Chrome, time: TimeControls | null): void {
  const { go } = useSession();
  const keys = useMemo(() => {
    const timing = route.page === 'dashboard' || route.page === 'events' ? route : {};
    return {
      '?': onHelp,
      d: () => go({ page: 'home' }),
      e: () => go(eventsAt(timing)),
      r: () => time?.onRedraw(),
      t: () => document.getElementById('time-picker')?.click(),
      '/': () => {
        const search = document.getElementById(SEARCH_ID);
        if (search !== null) return search.focus();
        wantsSearch.current = true;
        go(eventsAt(timing));
      },
    };
  }, [route, time, go, onHelp, wantsSearch]);
  useKeys(keys);
}
