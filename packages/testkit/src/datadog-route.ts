/** What the intake answers; the body is sent as JSON. */
export interface IntakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request whose key was found right and whose body was unpacked. */
export interface UnpackedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came over the wire. */
  readonly packed: Buffer;
  readonly body: Buffer;
}

/** A path of the intake: what it takes, and what it makes of it. */
export interface IntakeRoute {
  readonly method: string;
  readonly path: RegExp;
  /** Largest body after unpacking, in bytes; 413 above. */
  readonly maxBytes?: number;
  /** Largest body as it comes, in bytes; 413 above. */
  readonly maxPackedBytes?: number;
  /** What `content-encoding` may be. */
  readonly encodings: readonly string[];
  answer(request: UnpackedRequest): IntakeAnswer;
}

/** An error as the API writes it; version 2 of the logs API has objects, all others have texts. */
export function refusal(status: number, detail: string, isLogs = false): IntakeAnswer {
  return { status, body: { errors: isLogs ? [{ status: String(status), title: TITLES[status], detail }] : [detail] } };
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Payload Too Large',
};
