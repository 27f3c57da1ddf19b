/** Exit codes of the command; from 64 on as in BSD's sysexits. */
export const EXIT = {
  ok: 0,
  /** A test failed, or not everything was delivered. */
  failed: 1,
  /** The command line is wrong. */
  usage: 64,
  /** A bug in tailrace. */
  bug: 70,
  /** It cannot start now: data_dir in use, address taken, no right to write. */
  unavailable: 75,
  /** A pipeline file is wrong. */
  config: 78,
} as const;
