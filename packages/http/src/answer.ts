/** An answer of a server, whatever its status; `headers` have lower-case names. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Unpacked. */
  readonly body: Uint8Array;
  /** False: the connection broke off before the end of the body, or it was longer than it may be. */
  readonly isWhole: boolean;
  /** Why `body` is empty although there was one: it was packed in a way that nobody asked for, or spoilt. */
  readonly unreadable?: string;
}

/** Why there is no answer. */
export interface NoAnswer {
  readonly kind: 'none';
  readonly cause: 'refused' | 'tls' | 'aborted';
  readonly message: string;
}

/** The time for the request is over, or nobody waits for it any more. */
export const ABORTED: NoAnswer = { kind: 'none', cause: 'aborted', message: 'no answer in time' };

const TLS =
  /certificate|\bSSL\b|\bTLS\b|\bCERT_|altnames|self.signed|unable to (?:get|verify)|handshake|wrong version|EPROTO/i;

/** What a failed connection says, in one line that is the same each time. */
export function brokenOff(error: Error): NoAnswer {
  const message = messageOf(error)
    .replace(/^.*\berror:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s, 'TLS: $1')
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return { kind: 'none', cause: TLS.test(message) ? 'tls' : 'refused', message };
}

/** A name with several addresses fails once for each of them. */
function messageOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message === '' ? error.name : error.message;
  return [...new Set(error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))))].join(
    ', ',
  );
}
