import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ConfigError, type PluginContext } from './plugin.ts';

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
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw new ConfigError(at, 'holds characters that an HTTP header cannot have, such as a line break');
  }
}
