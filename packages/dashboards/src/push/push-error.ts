/** Why a server did not take or show something, in words for the one who asked: what, where, why, what to do. */
export class PushError extends Error {
  override readonly name = 'PushError';
  /** `unreachable`: there was no answer; the same may work later. */
  readonly kind: 'refused' | 'unreachable';
  constructor(message: string, kind: 'refused' | 'unreachable' = 'refused') {
    super(message);
    this.kind = kind;
  }
}
