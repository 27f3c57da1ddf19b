/** Loading did not come to its end: it waits for something that does not happen. */
export class NeverEnds extends Error {
  override readonly name = 'NeverEnds';
}

/** Gives what the promise gives; rejects with {@link NeverEnds} when it has not settled after so many milliseconds. */
export async function inTime<T>(promise: Promise<T> | T, ms: number): Promise<T> {
  const expired = Promise.withResolvers<never>();
  // It keeps the process alive, too: with nothing left to wait for, Node would end it without a word from here.
  const timer = setTimeout(() => expired.reject(new NeverEnds(`it was not done after ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([promise, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}
