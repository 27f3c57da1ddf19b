import type { FieldList } from '@tailrace/local';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Parameters } from '../api/client.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Icon } from '../shell/icons.tsx';
import { type Chrome, Shell } from '../shell/shell.tsx';
import { withoutRepeats } from '../state/conditions.ts';
import { columnsText, type EventsRoute, routeHash } from '../state/route.ts';
import { useSession } from '../state/session.ts';
import { type Timing, useTiming } from '../state/use-timing.ts';
import { ColumnChoice } from './column-choice.tsx';
import { usualColumns, worthShowing } from './columns.ts';
import { EventPanel } from './event-panel.tsx';
import { EventsTable } from './events-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import { type Found, useFoundEvents } from './use-found-events.ts';

interface EventsScreenProps {
  readonly chrome: Chrome;
  readonly route: EventsRoute;
}

const USUAL = { range: { last: 86_400_000 }, refresh: 30_000 };
const PAGE = 100;
const MOST_COUNTED = 10_000;

export function EventsScreen({ chrome, route }: EventsScreenProps) {
  const [isLong, setLong] = useState(false);
  // Rows that move while somebody reads them help nobody.
  const still = isLong || route.open !== null;
  const timing = useTiming(route, USUAL, chrome.changes, still);
  return (
    <Shell chrome={chrome} title="Events" time={timing?.controls ?? null}>
      {timing !== null && <Explorer {...{ chrome, route, timing, onLong: setLong }} />}
    </Shell>
  );
}

interface ExplorerProps extends EventsScreenProps {
  readonly timing: Timing;
  onLong(isLong: boolean): void;
}

function Explorer({ chrome, route, timing, onLong }: ExplorerProps) {
  const { go } = useSession();
  const [attempt, setAttempt] = useState(0);
  const { value: list } = useAnswer<FieldList>({ path: '/fields', parameters: {} });
  const { span, drawn } = timing.picture;
  const { where, text } = route;
  const columns = useMemo(() => columnsOf(route, list), [route, list]);
  const parameters = columns === null ? null : parametersOf(route, columns, span);
  const found = useFoundEvents(parameters, `${attempt} ${drawn}`);
  useEffect(() => onLong(found.isLong), [onLong, found.isLong]);
  const fields = list?.fields ?? [];
  const shown = route.columns.length > 0 ? found.columns : worthShowing(found.columns, found.events);
  const takesFocus = takeOnce(chrome.wantsSearch);
  const change: Change = (next, how = 'push') => go({ ...route, ...next }, how);
  return (
    <div class="events-page">
      <h1>Events</h1>
      <FilterBar
        {...{ where, text, fields, span, takesFocus }}
        onWhere={(next) => change({ where: next })}
        onText={(next) => change({ text: next }, 'replace')}
      />
      <div class="events-head">
        <p role="status">{countWords(found)}</p>
        <ColumnChoice fields={fields} columns={shown} onColumns={(next) => change({ columns: next }, 'replace')} />
      </div>
      {found.failure !== null && <Failed found={found} onAgain={() => setAttempt(attempt + 1)} />}
      <List {...{ route, timing, found, shown, change }} />
      <Opened {...{ route, found, change }} />
    </div>
  );
}

type Change = (next: Partial<EventsRoute>, how?: 'push' | 'replace') => void;

interface ListProps {
  readonly route: EventsRoute;
  readonly timing: Timing;
  readonly found: Found;
  readonly shown: readonly string[];
  readonly change: Change;
}

function List({ route, timing, found, shown, change }: ListProps) {
  const { events, columns, isLoading, total, more } = found;
  const latest = useRef(change);
  latest.current = change;
  // News of the store come each second, and a long list need not be drawn for them.
  const table = useMemo(
    () => (
      <EventsTable
        {...{ events, columns, shown, openKey: route.open }}
        hrefOf={(key) => routeHash({ ...route, open: key })}
        onOpen={(key) => latest.current({ open: key })}
      />
    ),
    [events, columns, shown.join(), route],
  );
  return (
    <>
      <div class="events-scroll" aria-busy={isLoading}>
        {isLoading && <div class="progress" aria-hidden="true" />}
        {table}
        {total === 0 && <NothingFound {...{ route, timing }} onClear={() => change({ where: [], text: '' })} />}
      </div>
      {more !== undefined && (
        <button type="button" class="button more" disabled={isLoading} onClick={more}>
          Older events
        </button>
      )}
    </>
  );
}

function Opened({ route, found, change }: Pick<ListProps, 'route' | 'found' | 'change'>) {
  if (route.open === null) return null;
  return (
    <EventPanel
      eventKey={route.open}
      keys={found.events.map(({ key }) => key)}
      onOpen={(key) => change({ open: key }, 'replace')}
      onClose={() => change({ open: null })}
      onFilter={(condition) => change({ open: null, where: withoutRepeats([...route.where, condition]) })}
    />
  );
}

function columnsOf({ columns }: EventsRoute, list: FieldList | null): readonly string[] | null {
  if (columns.length > 0) return columns;
  return list === null ? null : usualColumns(list);
}

function parametersOf(
  { where, text }: EventsRoute,
  columns: readonly string[],
  { from, to }: { from: number; to: number },
): Parameters {
  return {
    ...{ from, to, limit: PAGE, columns: columnsText(columns) },
    where: where.length === 0 ? undefined : JSON.stringify(where),
    text: text.trim() === '' ? undefined : text,
  };
}

/** True for the first who asks. */
function takeOnce(flag: { current: boolean | null }): boolean {
  const wanted = flag.current === true;
  flag.current = false;
  return wanted;
}

function countWords({ total, events }: Found): string {
  if (total === null) return 'Searching …';
  const count = total >= MOST_COUNTED ? `${MOST_COUNTED.toLocaleString('en')} or more` : total.toLocaleString('en');
  return `${count} ${total === 1 ? 'event' : 'events'}, ${events.length.toLocaleString('en')} shown, the newest first`;
}

function Failed({ found, onAgain }: { found: Found; onAgain(): void }) {
  return (
    <div class="banner bad" role="alert">
      <Icon name="warning" />
      <p>{found.failure?.message}</p>
      <button type="button" class="button small" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}

interface NothingFoundProps {
  readonly route: EventsRoute;
  readonly timing: Timing;
  onClear(): void;
}

function NothingFound({ route, timing, onClear }: NothingFoundProps) {
  const isNarrowed = route.where.length > 0 || route.text !== '';
  return (
    <div class="message">
      <Icon name="search" />
      <p>{isNarrowed ? 'No event of this time meets all filters.' : 'No events in this time.'}</p>
      <div class="message-actions">
        <button type="button" class="button small" onClick={timing.controls.onWiden}>
          Show a longer time
        </button>
        {isNarrowed && (
          <button type="button" class="button small" onClick={onClear}>
            Clear search and filters
          </button>
        )}
      </div>
    </div>
  );
}
