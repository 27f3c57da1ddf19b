import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Changes } from '../api/use-changes.ts';
import { eventsIn, isStale, type Picture, paceOf, type Refresh } from './refresh.ts';
import { useSession } from './session.ts';
import { sameRange, spanOf, type TimeRange } from './time-range.ts';

const LOOK_EVERY = 1000;

/** How often a picture is drawn anew, see {@link paceOf}. */
interface Pace {
  readonly every: Refresh;
  readonly usual: number;
}

/** What to show now, and the way to draw it anew. It changes with the range, by hand, when it is stale and when the store is there again; a hidden tab keeps what it has. */
export function usePicture(
  range: TimeRange | null,
  { every, usual }: Pace,
  { status, connection }: Changes,
): { picture: Picture | null; redraw(): void } {
  const { api, now } = useSession();
  const [, setDrawings] = useState(0);
  const drawn = useRef<{ range: TimeRange; picture: Picture } | null>(null);
  const draw = () => {
    if (range === null) return;
    const at = now();
    const picture = {
      span: spanOf(range, at),
      drawn: at,
      revision: status?.revision ?? null,
      events: eventsIn(status),
      spent: api.spent(),
    };
    drawn.current = { range, picture };
  };
  // While it is drawn, not afterwards: all that is below keeps its place, and what it showed until the answers come.
  if (range !== null && !sameRange(drawn.current?.range ?? null, range)) draw();
  const latest = useRef(draw);
  latest.current = draw;
  const redraw = useCallback(() => {
    latest.current();
    setDrawings((count) => count + 1);
  }, []);
  useEffect(() => {
    if (range === null || status === null) return;
    const look = () => {
      const picture = drawn.current?.picture;
      if (picture === undefined || document.hidden) return;
      const pace = paceOf(every, usual, api.spent() - picture.spent);
      if (isStale(picture, range, pace, status, now())) redraw();
    };
    look();
    const timer = window.setInterval(look, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [range, every, usual, status, api, now, redraw]);
  useReturn(connection, redraw);
  return { picture: range === null ? null : (drawn.current?.picture ?? null), redraw };
}

/** Calls when the connection is there again after it was lost. */
export function useReturn(connection: Changes['connection'], returned: () => void): void {
  const wasLost = useRef(false);
  const latest = useRef(returned);
  latest.current = returned;
  useEffect(() => {
    if (connection === 'lost') wasLost.current = true;
    if (connection !== 'live' || !wasLost.current) return;
    wasLost.current = false;
    latest.current();
  }, [connection]);
}
