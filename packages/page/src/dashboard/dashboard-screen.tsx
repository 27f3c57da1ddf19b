import type { DashboardView, PanelView } from '@tailrace/local';
import { useMemo, useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer.ts';
import { PanelGroup } from '../panels/panel-group.tsx';
import { ScreenMessage } from '../shell/screen-message.tsx';
import { type Chrome, Shell } from '../shell/shell.tsx';
import { type Chosen, conditionsBehind } from '../state/conditions.ts';
import { parseRefresh } from '../state/refresh.ts';
import { type DashboardRoute, eventsAt, routeHash } from '../state/route.ts';
import { useSession } from '../state/session.ts';
import { parseLast } from '../state/time-range.ts';
import { useReturn } from '../state/use-picture.ts';
import { type Timing, type UsualTime, useTiming } from '../state/use-timing.ts';
import { PanelFrame, type PanelFrameProps } from './panel-frame.tsx';
import { knownChoices } from './variables.ts';
import { VariablesBar } from './variables-bar.tsx';

interface DashboardScreenProps {
  readonly chrome: Chrome;
  readonly route: DashboardRoute;
}

export function DashboardScreen({ chrome, route }: DashboardScreenProps) {
  const [attempt, setAttempt] = useState(0);
  const path = `/dashboards/${encodeURIComponent(route.id)}`;
  const { value, question, failure } = useAnswer<DashboardView>({ path, parameters: {} }, attempt);
  const view = question?.path === path ? value : null;
  useReturn(chrome.changes.connection, () => setAttempt(attempt + 1));
  const usual = useMemo(() => (view === null ? null : usualTime(view)), [view]);
  const timing = useTiming(route, usual, chrome.changes);
  const title = view === null ? 'Dashboard' : `${view.system} / ${view.name}`;
  return (
    <Shell chrome={chrome} title={title} time={timing?.controls ?? null}>
      {view !== null && timing !== null ? (
        <Shown {...{ chrome, route, view, timing }} />
      ) : (
        <>
          <h1 class="sr-only">{title}</h1>
          <ScreenMessage failure={failure} loading="Loading the dashboard" onAgain={() => setAttempt(attempt + 1)} />
        </>
      )}
    </Shell>
  );
}

function usualTime({ time }: DashboardView): UsualTime {
  return { range: parseLast(time.from) ?? { last: 86_400_000 }, refresh: parseRefresh(time.refresh) ?? 60_000 };
}

interface ShownProps extends DashboardScreenProps {
  readonly view: DashboardView;
  readonly timing: Timing;
}

function Shown({ chrome, route, view, timing }: ShownProps) {
  const { go } = useSession();
  const chosen = useMemo(() => knownChoices(view, route.chosen), [view, route.chosen]);
  const choose = (next: Chosen) => go({ ...route, chosen: next });
  const { range, picture } = timing;
  const frame: Omit<PanelFrameProps, 'shown' | 'onEvents'> = {
    view,
    wish: { dashboard: view.id, picture, range, chosen },
    theme: chrome.shownTheme,
    onZoom: ({ from, to }) =>
      timing.setRange({ from: Math.round(from), to: Math.max(Math.round(from) + 1, Math.round(to)) }),
    onWiden: timing.controls.onWiden,
    onClear: () => choose({}),
  };
  return (
    <div class="dashboard">
      <Intro view={view} route={route} />
      <VariablesBar view={view} span={picture.span} chosen={chosen} onChoose={choose} />
      <PanelGroup>
        {view.rows.map((row) => (
          <section key={row.title} class="row" aria-label={row.title}>
            <h2>{row.title}</h2>
            <div class="grid">
              {row.panels.map((shown) => (
                <PanelFrame
                  key={shown.panel.id}
                  {...frame}
                  shown={shown}
                  onEvents={toEvents(shown, route, frame, go)}
                />
              ))}
            </div>
          </section>
        ))}
      </PanelGroup>
    </div>
  );
}

function toEvents(
  { panel, leftOut }: PanelView,
  { refresh }: DashboardRoute,
  { view, wish }: Omit<PanelFrameProps, 'shown' | 'onEvents'>,
  go: (route: ReturnType<typeof eventsAt>) => void,
): PanelFrameProps['onEvents'] {
  if (leftOut !== undefined || conditionsBehind(view, panel, wish.chosen) === undefined) return undefined;
  return (clicked) => {
    const where = conditionsBehind(view, panel, wish.chosen, clicked) ?? [];
    const columns = panel.kind === 'events' ? panel.columns.map(({ field }) => field) : [];
    go(eventsAt({ range: clicked.span ?? wish.range, refresh }, { where, columns }));
  };
}

function Intro({ view, route }: { view: DashboardView; route: DashboardRoute }) {
  const { range, refresh } = route;
  return (
    <div class="intro">
      <h1>
        <span class="muted">{view.system} /</span> {view.name}
      </h1>
      <p class="muted">{view.description}</p>
      {view.links.length > 0 && (
        <ul class="links" aria-label="Related dashboards">
          {view.links.map(({ id, system, name }) => (
            <li key={id}>
              <a href={routeHash({ page: 'dashboard', id, range, refresh, chosen: {} })}>
                {system} / {name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
