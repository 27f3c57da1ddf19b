/** Whether anything is under way. */
export interface Busy {
  during<T>(task: () => Promise<T>): Promise<T>;
  /** Until the given function is called. */
  onChange(tell: (isBusy: boolean) => void): () => void;
}

export function createBusy(): Busy {
  const listeners = new Set<(isBusy: boolean) => void>();
  let running = 0;
  const count = (by: 1 | -1) => {
    running += by;
    if (running === (by === 1 ? 1 : 0)) for (const tell of listeners) tell(running > 0);
  };
  return {
    async during(task) {
      count(1);
      try {
        return await task();
      } finally {
        count(-1);
      }
    },
    onChange(tell) {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
  };
}
