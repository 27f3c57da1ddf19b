import type { client, v1 } from '@datadog/datadog-api-client';
import type { HttpClient } from './http-client.ts';

type Library = typeof import('@datadog/datadog-api-client');

/** How the API client reaches Datadog. */
export interface ApiAccess {
  /** `https://api.<site>`, without a slash at its end. */
  readonly url: URL;
  readonly apiKey: string;
  readonly appKey: string;
  /** Through which its requests go, so that proxy and TLS are those of the sink. */
  readonly http: HttpClient;
  readonly signal: AbortSignal;
}

/** The library is not there; the message says what to install. */
export class MissingLibrary extends Error {
  override readonly name = 'MissingLibrary';
}

/**
 * The metrics API of Datadog's own client. Its package weighs 147 MB and takes a second of CPU to load, so that happens here and
 * not before; throws {@link MissingLibrary}.
 */
export async function metricsApi(access: ApiAccess): Promise<v1.MetricsApi> {
  const library = await load();
  const configuration = library.client.createConfiguration({
    baseServer: new library.client.BaseServerConfiguration(access.url.href.replace(/\/$/, ''), {}),
    authMethods: { apiKeyAuth: access.apiKey, appKeyAuth: access.appKey },
    httpApi: { send: (request) => send(library, request, access) },
  });
  return new library.v1.MetricsApi(configuration);
}

async function load(): Promise<Library> {
  try {
    return await import('@datadog/datadog-api-client');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new MissingLibrary(
      'the package @datadog/datadog-api-client is missing: npm install @datadog/datadog-api-client',
    );
  }
}

async function send(
  { client }: Library,
  request: client.RequestContext,
  { http, signal }: ApiAccess,
): Promise<client.ResponseContext> {
  const method = request.getHttpMethod();
  if (method !== 'GET' && method !== 'POST' && method !== 'PUT')
    throw new Error(`requests with ${method} are not made`);
  const body = request.getBody();
  const answer = await http.request(
    {
      method,
      url: new URL(request.getUrl()),
      headers: request.getHeaders(),
      ...(body !== undefined && { body: Buffer.from(String(body)) }),
    },
    signal,
  );
  if (answer.kind === 'none') throw new Error(answer.message);
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const text = new client.SelfDecodingBody(Promise.resolve(Buffer.from(answer.text)));
  return new client.ResponseContext(answer.status, Object.fromEntries(headers), text);
}
