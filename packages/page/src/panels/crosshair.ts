/** Where the viewer points at, shared by all panels of a dashboard. */
export interface Crosshair {
  /** Unix milliseconds; null while nobody points. */
  readonly time: number | null;
  /** Who moved it last. */
  readonly source: object | null;
  move(time: number | null, source: object): void;
  /** Called after each move; returns what unsubscribes. */
  subscribe(listener: () => void): () => void;
}

/** A crosshair that nobody has moved yet. */
export function createCrosshair(): Crosshair {
  const listeners = new Set<() => void>();
  let time: number | null = null;
  let source: object | null = null;
  return {
    get time() {
      return time;
    },
    get source() {
      return source;
    },
    move(to, by) {
      if (to === time && by === source) return;
      // The one that the pointer left may tell so after another was entered.
      if (to === null && by !== source) return;
      [time, source] = [to, by];
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Which of the rising times of steps a time lies in; null outside of all of them. */
export function stepAt(times: readonly number[], step: number, time: number | null): number | null {
  if (time === null) return null;
  const at = times.findLastIndex((begin) => begin <= time);
  return at < 0 || time >= (times[at] ?? 0) + step ? null : at;
}
