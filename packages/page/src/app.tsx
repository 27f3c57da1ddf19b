import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Api } from './api/client.ts';
import { useChanges } from './api/use-changes.ts';
import { DashboardScreen } from './dashboard/dashboard-screen.tsx';
import { EventScreen } from './events/event-screen.tsx';
import { EventsScreen } from './events/events-screen.tsx';
import { HelpDialog } from './shell/help-dialog.tsx';
import { ScreenMessage } from './shell/screen-message.tsx';
import { type Chrome, Shell } from './shell/shell.tsx';
import { createSizes } from './shell/sizes.ts';
import { eventsAt } from './state/route.ts';
import { SessionContext, useSession } from './state/session.ts';
import { useRoute } from './state/use-route.ts';
import { useTheme } from './state/use-theme.ts';

export function App({ api }: { api: Api }) {
  const [route, go] = useRoute();
  const changes = useChanges(api);
  const { theme, shown, choose } = useTheme();
  const [helps, setHelps] = useState(false);
  const skew = useRef(0);
  skew.current = changes.skew;
  const session = useMemo(() => ({ api, go, sizes: createSizes(), now: () => Date.now() + skew.current }), [api, go]);
  const onHelp = useCallback(() => setHelps(true), []);
  const wantsSearch = useRef(false);
  const chrome: Chrome = { route, changes, theme, shownTheme: shown, wantsSearch, onTheme: choose, onHelp };
  return (
    <SessionContext.Provider value={session}>
      <Screen chrome={chrome} />
      {helps && <HelpDialog onClose={() => setHelps(false)} />}
    </SessionContext.Provider>
  );
}

function Screen({ chrome }: { chrome: Chrome }) {
  const { route } = chrome;
  switch (route.page) {
    case 'dashboard':
      return <DashboardScreen chrome={chrome} route={route} />;
    case 'events':
      return <EventsScreen chrome={chrome} route={route} />;
    case 'event':
      return <EventScreen chrome={chrome} eventKey={route.key} />;
    case 'home':
      return <Home chrome={chrome} />;
    case 'unknown':
      return <Unknown chrome={chrome} />;
  }
}

/** Leads to the first dashboard as soon as it is known which there are. */
function Home({ chrome }: { chrome: Chrome }) {
  const { status, failure } = chrome.changes;
  return (
    <Shell chrome={chrome} title="Start" time={null}>
      {status === null ? (
        <ScreenMessage failure={failure} loading="Asking the store" onAgain={() => location.reload()} />
      ) : (
        <ToFirst id={status.dashboards[0]?.id} />
      )}
    </Shell>
  );
}

function ToFirst({ id }: { id: string | undefined }) {
  const { go } = useSession();
  useEffect(() => {
    if (id === undefined) go(eventsAt({}), 'replace');
    else go({ page: 'dashboard', id, range: null, refresh: null, chosen: {} }, 'replace');
  }, [id, go]);
  return null;
}

function Unknown({ chrome }: { chrome: Chrome }) {
  return (
    <Shell chrome={chrome} title="Not found" time={null}>
      <div class="screen-message">
        <h1>No such page</h1>
        <p>There is no such page here. Was the address cut off?</p>
        <a class="button" href="#/">
          To the dashboards
        </a>
      </div>
    </Shell>
  );
}
