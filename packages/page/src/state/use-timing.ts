import { useEffect, useMemo } from 'preact/hooks';
import type { Changes } from '../api/use-changes.ts';
import type { TimeControls } from '../shell/header.tsx';
import { AUTO, type Picture } from './refresh.ts';
import type { DashboardRoute, EventsRoute } from './route.ts';
import { useSession } from './session.ts';
import { fitted, type TimeRange, widened } from './time-range.ts';
import { usePicture } from './use-picture.ts';

/** The time that is shown where the address does not say it. */
export interface UsualTime {
  readonly range: { readonly last: number };
  /** Milliseconds from a refresh to the next when they are costly. */
  readonly refresh: number;
}

export interface Timing {
  readonly range: TimeRange;
  readonly picture: Picture;
  readonly controls: TimeControls;
  setRange(range: TimeRange): void;
}

/** The time that a page shows, and what its controls do; null before what is usual there is known. While it is still, it is drawn anew by hand only. */
export function useTiming(
  route: DashboardRoute | EventsRoute,
  usual: UsualTime | null,
  changes: Changes,
  isStill = false,
): Timing | null {
  const { now, go } = useSession();
  const { status } = changes;
  const first = status?.first ?? null;
  const range = useMemo(() => route.range ?? usual?.range ?? null, [route.range, usual]);
  const every = route.refresh ?? AUTO;
  const pace = { every: isStill ? 0 : every, usual: usual?.refresh ?? 0 };
  useEffect(() => {
    // Into the address, so that it says what is shown, and means the same to whom it is given.
    if (route.range !== null || usual === null || first === null) return;
    go({ ...route, range: fitted(usual.range, first, now()) }, 'replace');
  }, [route, usual, first, go, now]);
  const { picture, redraw } = usePicture(range, pace, changes);
  if (range === null || picture === null) return null;
  const setRange = (next: TimeRange) => go({ ...route, range: next });
  const controls: TimeControls = {
    range,
    refresh: every,
    onRange: setRange,
    onRefresh: (refresh) => go({ ...route, refresh }, 'replace'),
    onRedraw: redraw,
    onWiden: () => setRange(widened(range, now())),
  };
  return { range, picture, controls, setRange };
}
