/** One HTTP/1.1 request as it came over the socket. */
export interface RawRequest {
  method: string;
  path: string;
  /** Names in lower case; of a repeated header the last one. */
  headers: Record<string, string>;
  /** Without chunked framing, else as sent: still packed when the client packed it. */
  body: Buffer;
}

interface Head {
  request: Omit<RawRequest, 'body'>;
  bodyStart: number;
}

/**
 * Cuts a byte stream into requests by RFC 9112, as far as well-behaved clients use it: `content-length` or chunked
 * bodies, no trailers kept. Give each chunk to the function it returns; it calls `onRequest` once a request is whole and
 * `onContinue` for a client that waits for leave to send its body. It throws when a chunk has no size.
 */
export function requestReader(
  onRequest: (request: RawRequest) => void,
  onContinue: () => void,
): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let head: Head | undefined;
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (head === undefined) {
        head = readHead(pending);
        if (head === undefined) return;
        if (head.request.headers['expect'] === '100-continue') onContinue();
      }
      const body = readBody(pending, head);
      if (body === undefined) return;
      onRequest({ ...head.request, body: body.bytes });
      pending = pending.subarray(body.end);
      head = undefined;
    }
  };
}

function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [requestLine = '', ...headerLines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = '', path = ''] = requestLine.split(' ');
  const headers = Object.fromEntries(
    headerLines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { request: { method, path, headers }, bodyStart: end + 4 };
}

function readBody(bytes: Buffer, { request, bodyStart }: Head): { bytes: Buffer; end: number } | undefined {
  if (/chunked/i.test(request.headers['transfer-encoding'] ?? '')) return readChunks(bytes, bodyStart);
  const end = bodyStart + Number(request.headers['content-length'] ?? 0);
  return bytes.length < end ? undefined : { bytes: bytes.subarray(bodyStart, end), end };
}

function readChunks(bytes: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const sizeEnd = bytes.indexOf('\r\n', at);
    if (sizeEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, sizeEnd), 16);
    if (!(size >= 0)) throw new Error(`not a chunk size: ${bytes.toString('latin1', at, sizeEnd)}`);
    const end = sizeEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { bytes: Buffer.concat(parts), end };
    parts.push(bytes.subarray(sizeEnd + 2, end - 2));
    at = end;
  }
}
