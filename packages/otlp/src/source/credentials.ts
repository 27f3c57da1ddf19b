import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError, type Secret, type SourceContext } from '@tailrace/core';
import type { OtlpSourceConfig } from './options.ts';
import { type Refused, refused } from './reply.ts';

/** What the listeners prove themselves with, PEM. */
export interface ServerCredentials {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Whose clients are let in; without it any client is. */
  readonly clientCa: Buffer | null;
}

/** Refuses `tls` options that do not fit together. */
export function checkTls(tls: OtlpSourceConfig['tls']): void {
  if (tls.certificate !== undefined && tls.key === undefined)
    throw new ConfigError(['tls', 'certificate'], 'needs the private key beside it: set `key`');
  if (tls.key !== undefined && tls.certificate === undefined)
    throw new ConfigError(['tls', 'key'], 'needs the certificate beside it: set `certificate`');
  if (tls.client_ca !== undefined && tls.certificate === undefined)
    throw new ConfigError(
      ['tls', 'client_ca'],
      'works with `certificate` and `key` only: without them nothing is encrypted',
    );
}

/** Reads the files of the `tls` options; `null` without them. Throws an error that names the option and the file. */
export async function readCredentials(
  tls: OtlpSourceConfig['tls'],
  context: Pick<SourceContext, 'resolvePath'>,
): Promise<ServerCredentials | null> {
  if (tls.certificate === undefined || tls.key === undefined) return null;
  const read = async (option: string, path: string): Promise<Buffer> => {
    const file = context.resolvePath(path);
    return await readFile(file).catch((error: Error) => {
      throw new Error(`tls.${option}: ${file} cannot be read: ${error.message}`);
    });
  };
  const [certificate, key, clientCa] = await Promise.all([
    read('certificate', tls.certificate),
    read('key', tls.key),
    tls.client_ca === undefined ? null : read('client_ca', tls.client_ca),
  ]);
  return { certificate, key, clientCa };
}

/** A check of the `authorization` header: the refusal, or `null` when it may come in. */
export function bearerCheck(token: Secret | undefined): (header: string | undefined) => Refused | null {
  if (!token) return () => null;
  // Of equal length, as timingSafeEqual wants them, whatever the sender brings.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token.reveal());
  return (header) => {
    const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return null;
    const what = header === undefined ? 'no authorization' : 'another authorization than the one that is expected';
    return refused('unauthorized', `the request brings ${what}: send \`authorization: Bearer <token>\``);
  };
}
