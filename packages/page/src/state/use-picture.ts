import type { Status } from '@tailrace/local';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { eventsIn, isStale, type Picture, type Refresh } from './refresh.ts';
import { sameRange, spanOf, type TimeRange } from './time-range.ts';

const LOOK_EVERY = 1000;

/** What to show now, and the way to draw it anew. It changes with the range, by hand and when it is stale; a hidden tab keeps what it has. */
export function usePicture(
  range: TimeRange | null,
  every: Refresh,
  status: Status | null,
  now: () => number,
): { picture: Picture | null; redraw(): void } {
  const [drawn, setDrawn] = useState<{ range: TimeRange; picture: Picture } | null>(null);
  const draw = useCallback(() => {
    if (range === null) return;
    const at = now();
    const picture = {
      span: spanOf(range, at),
      drawn: at,
      revision: status?.revision ?? null,
      events: eventsIn(status),
    };
    setDrawn({ range, picture });
  }, [range, status, now]);
  const isOther = range !== null && !sameRange(drawn?.range ?? null, range);
  useEffect(() => {
    if (isOther) draw();
  }, [isOther, draw]);
  useEffect(() => {
    if (range === null || drawn === null || status === null) return;
    const look = () => {
      if (!document.hidden && isStale(drawn.picture, range, every, status, now())) draw();
    };
    look();
    const timer = window.setInterval(look, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [range, drawn, every, status, now, draw]);
  return { picture: isOther ? null : (drawn?.picture ?? null), redraw: draw };
}
