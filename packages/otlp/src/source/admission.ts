import { once } from 'node:events';

/** The bytes that one request takes, from its first byte to its settling. */
export interface Hold {
  /** More of it has come; false when there is no room for it beside others. */
  grow(bytes: number): boolean;
  /** Some of it is needed no more. */
  shrink(bytes: number): void;
  /** All of it is; a second time does nothing. */
  end(): void;
}

/** Says who may come in, so that what was accepted always has room. */
export interface Admission {
  /** Bytes of all requests that are inside. */
  readonly bytes: number;
  /** Requests that are inside. */
  readonly requests: number;
  /** A place for a request of `expected` bytes (0: not known yet), after waiting for room for a moment; `null` when there is none. */
  enter(expected: number, signal: AbortSignal): Promise<Hold | null>;
  /** The pipeline is full until the promise has settled: nobody comes in meanwhile. */
  blockWhile(emitting: Promise<unknown>): void;
}

/**
 * How long a request waits before the door, in milliseconds: a queue that is full for a moment is the usual state of a sink at its limit,
 * and a sender that is sent away comes back only after seconds.
 */
const DOOR_MS = 500;
/** Further ones are sent away at once. */
const MOST_WAITING = 256;

/** An admission for so many bytes. */
export function admission(maxBytes: number, doorMs = DOOR_MS): Admission {
  let bytes = 0;
  let requests = 0;
  let blocked = 0;
  let waiting = 0;
  const room = new EventTarget();
  const wake = (): boolean => room.dispatchEvent(new Event('room'));
  const fits = (expected: number): boolean =>
    blocked === 0 && bytes < maxBytes && (bytes === 0 || bytes + expected <= maxBytes);

  const hold = (): Hold => {
    let own = 0;
    let ended = false;
    requests++;
    return {
      grow(more) {
        // Alone, a request may take what its own limits allow, packed and unpacked together: it would never find more room.
        if (bytes + more > maxBytes && bytes !== own) return false;
        own += more;
        bytes += more;
        return true;
      },
      shrink(less) {
        own -= less;
        bytes -= less;
        wake();
      },
      end() {
        if (ended) return;
        ended = true;
        requests--;
        bytes -= own;
        wake();
      },
    };
  };

  const waitForRoom = async (expected: number, signal: AbortSignal): Promise<boolean> => {
    if (waiting >= MOST_WAITING) return false;
    waiting++;
    const end = AbortSignal.any([signal, AbortSignal.timeout(doorMs)]);
    try {
      while (!fits(expected)) await once(room, 'room', { signal: end });
      return true;
    } catch {
      return false;
    } finally {
      waiting--;
    }
  };

  return {
    get bytes() {
      return bytes;
    },
    get requests() {
      return requests;
    },
    async enter(expected, signal) {
      if (fits(expected)) return hold();
      return (await waitForRoom(expected, signal)) ? hold() : null;
    },
    blockWhile(emitting) {
      blocked++;
      const open = (): void => {
        blocked--;
        wake();
      };
      emitting.then(open, open);
    },
  };
}
