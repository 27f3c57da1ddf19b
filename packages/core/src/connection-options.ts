import { readFileSync } from 'node:fs';
import { http } from './node-http.ts';
import { ConfigError, type PluginContext } from './plugin.ts';
import { boolean, secret, string } from './schema.ts';

/** The options under `tls` of a plugin that is a client; their files are read by {@link readPem}. */
export const CLIENT_TLS = {
  ca: string({ description: 'PEM file of the authorities to trust, in place of the well-known ones.' }),
  certificate: string({ description: 'PEM file of the client certificate.' }),
  key: string({ description: 'PEM file of its private key.' }),
  key_passphrase: secret({ description: 'Passphrase of the private key.' }),
  server_name: string({
    description: 'Name to expect in the server’s certificate, where it differs from the URL.',
  }),
  verify: boolean({
    default: true,
    description: 'Check the server’s certificate; `false` lets anybody in between read along.',
  }),
};

/** The text of a PEM file that the option at `at` names; throws a {@link ConfigError} when it cannot be read or holds no PEM (RFC 7468). */
export function readPem(
  file: string,
  at: readonly (string | number)[],
  context: Pick<PluginContext, 'resolvePath'>,
): string {
  let text: string;
  try {
    text = readFileSync(context.resolvePath(file), 'utf8');
  } catch (error) {
    throw new ConfigError(at, `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  if (!text.includes('-----BEGIN ')) throw new ConfigError(at, `${file} holds no PEM`);
  return text;
}

/** Throws a {@link ConfigError} for a name or value that no HTTP header can have; the value, which may be a secret, stays out of it. */
export function checkHeader(at: readonly (string | number)[], name: string, value: string): void {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  } catch {
    throw new ConfigError(at, 'holds characters that an HTTP header cannot have, such as a line break');
  }
}
