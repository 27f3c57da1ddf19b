export { type Advice, connectionAdvice } from './advice.ts';
export { ABORTED, brokenOff, type HttpAnswer, type NoAnswer } from './answer.ts';
export { type ClientOptions, type HttpClient, type HttpRequest, httpClient } from './client.ts';
export { compressionLevel, type Packer, packer } from './packer.ts';
export { retryAfter } from './retry-after.ts';
export { type Destination, openTunnel, type TunnelOptions } from './tunnel.ts';
