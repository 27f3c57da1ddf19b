import { isIPv4, isIPv6 } from 'node:net';

/** Where the page listens. */
export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9600` or `[::1]:9600`, taken apart; `undefined` for anything else. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535 || (match[1] !== undefined && !isIPv6(match[1]))) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Whether only this machine can reach a host: 127.0.0.0/8, ::1 (RFC 6890) and the name that stands for them. */
export function isLoopback(host: string): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host.toLowerCase() === 'localhost';
}

/** An address as a URL has it. */
export function urlOf({ host, port }: Address, isSecure: boolean): string {
  return `${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
