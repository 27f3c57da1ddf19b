/** Runs what it is given one after the other, in the order of asking. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** An empty queue. */
export function turns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}
