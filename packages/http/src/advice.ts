import type { ErrorCode } from '@tailrace/core';

/** What a person can do about a connection that failed. */
export interface Advice {
  readonly code: ErrorCode;
  readonly text: string;
}

const TABLE: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^proxy .* status 407/, 'unauthorized', 'the proxy refuses the credentials in `proxy`'],
  [/connect_timeout/, 'server_unreachable', 'it does not take the connection'],
  [/^proxy /, 'server_unreachable', 'the proxy does not open a way to it'],
  [/ENOTFOUND|EAI_AGAIN|Name resolution/, 'server_unreachable', 'no such host name'],
  [/ECONNREFUSED|was refused/, 'server_unreachable', 'nothing listens there'],
  [/wrong version number|packet length too long|EPROTO/, 'tls_failed', 'it does not speak TLS: write http://'],
  [
    /self.signed|unable to (?:get|verify)/,
    'tls_failed',
    'its certificate is signed by an authority that is not trusted: set tls.ca',
  ],
  [/expired/, 'tls_failed', 'its certificate has expired'],
  [/altnames/, 'tls_failed', 'its certificate is for another name: correct the URL or set tls.server_name'],
  [
    /certificate required|bad certificate|unknown ca|handshake failure/i,
    'tls_failed',
    'it wants a client certificate that it trusts: set tls.certificate and tls.key',
  ],
  [
    /other side closed/,
    'server_unreachable',
    'it closed the connection; where it wants a client certificate, set tls.certificate and tls.key',
  ],
  [
    /before secure TLS connection/,
    'tls_failed',
    'it closes the connection while TLS begins: check the port, and that it speaks TLS',
  ],
  [
    /Parse Error|Protocol error|Failed to connect|HTTP\/0\.9|Connection dropped|socket hang up|ECONNRESET|closed by the/,
    'server_unreachable',
    'it closes the connection or speaks another protocol: check the port, and http:// or https://',
  ],
];

/** What is known about a message of a failed connection, as `brokenOff` gives it; `undefined` for any other. */
export function connectionAdvice(message: string): Advice | undefined {
  const known = TABLE.find(([pattern]) => pattern.test(message));
  return known && { code: known[1], text: known[2] };
}
