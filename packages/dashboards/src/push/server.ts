import { type HttpAnswer, type HttpRequest, httpClient, type NoAnswer } from '@tailrace/http';
import { PushError } from './push-error.ts';

/** How a server is reached. */
export interface Access {
  /** Its base URL, path included where it has one. */
  readonly url: URL;
  /** Sent with each request; what stands in them is never shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates, in PEM, of the authorities to trust instead of the well-known ones. */
  readonly ca?: string | undefined;
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The body as JSON; `undefined` when it is none. */
  readonly json: unknown;
}

/** A server of a product, as its API is asked. */
export interface Server {
  /** The product and where it is, for messages. */
  readonly name: string;
  /** Asks for a path under the base URL; throws a {@link PushError} when there is no answer. */
  request(method: HttpRequest['method'], path: string, body?: RequestBody): Promise<Answer>;
  close(): void;
}

/** A body and its type; without a type it is sent as JSON. */
export interface RequestBody {
  readonly content: unknown;
  readonly type?: string;
}

/** Of a longer answer the rest is not read: a whole dashboard is some hundred KB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const LIMITS = { connectTimeout: 10_000, headersTimeout: 60_000, bodyTimeout: 60_000 };

/** A server of a product, `Kibana`; opens nothing yet. */
export function serverOf(product: string, { url, headers, ca }: Access): Server {
  const client = httpClient({
    ...LIMITS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    kept: 1,
    tls: ca === undefined ? {} : { ca },
  });
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const name = `${product} at ${base}`;
  return {
    name,
    async request(method, path, body) {
      const request: HttpRequest = {
        method,
        url: new URL(`${base}${path}`),
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body && { 'content-type': body.type ?? 'application/json' }),
        },
        ...(body && { body: bytesOf(body.content) }),
      };
      const answer = await client.request(request, new AbortController().signal);
      if (answer.kind === 'none') throw new PushError(`${name} cannot be reached: ${adviceOn(answer)}`, 'unreachable');
      return read(answer, name);
    },
    close: client.close,
  };
}

function bytesOf(content: unknown): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
}

function read({ status, body, isWhole, unreadable }: HttpAnswer, name: string): Answer {
  if (unreadable !== undefined) throw new PushError(`${name} answers ${status} with ${unreadable}`, 'unreachable');
  if (!isWhole) throw new PushError(`${name} broke off in the middle of an answer`, 'unreachable');
  const text = Buffer.from(body).toString();
  return { status, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'no such host name'],
  [/ECONNREFUSED/, 'nothing listens there'],
  [/connect_timeout/, 'it does not take the connection'],
  [/headers_timeout|body_timeout|in time/, 'it does not answer'],
  [/wrong version number|packet length too long|EPROTO/, 'it does not speak TLS: write http://'],
  [
    /self.signed|unable to (?:get|verify)/,
    'its certificate is signed by an authority that is not trusted: give it with --ca FILE',
  ],
  [/expired/, 'its certificate has expired'],
  [/altnames/, 'its certificate is for another name: correct the URL'],
  [
    /Parse Error|socket hang up|ECONNRESET|closed by the/,
    'it closes the connection or speaks another protocol: check the port, and http:// or https://',
  ],
];

function adviceOn({ message }: NoAnswer): string {
  const known = ADVICE.find(([pattern]) => pattern.test(message));
  return known ? `${known[1]} (${message})` : message;
}
