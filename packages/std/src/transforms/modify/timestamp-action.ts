import { ConfigError, type Path } from '@tailrace/core';
import { kindOf } from '../fields/event-tree.ts';
import { compileFormat, type Format, readTime } from '../timestamp/formats.ts';
import { PatternError } from '../timestamp/pattern.ts';
import { type Zone, zoneNamed } from '../timestamp/zone.ts';
import { type Action, changeAction, unfit } from './operation.ts';
import type { ActionOptions } from './options.ts';

/** Reads a time; `at` is the way to its options. */
export function timestampAction(
  where: Path,
  to: Path,
  options: ActionOptions<'parse_timestamp'>,
  at: readonly (string | number)[],
): Action {
  const zone = zoneOf(options.timezone, at);
  const formats = options.formats.map((format, k) => formatOf(format, zone, [...at, 'formats', k]));
  const wanted = options.formats.join(', ');
  return changeAction(where, to, (text, eventTime) => {
    const kind = kindOf(text);
    if (kind !== 'string' && kind !== 'number') return unfit(where, 'is neither text nor a number');
    const told = kind === 'string' ? (JSON.parse(text) as string) : text;
    const time = readTime(told, formats, eventTime);
    return time === null ? unfit(where, `${shown(told)} fits none of: ${wanted}`) : `"${time}"`;
  });
}

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function zoneOf(name: string, at: readonly (string | number)[]): Zone {
  const zone = zoneNamed(name);
  if (zone) return zone;
  throw new ConfigError(
    [...at, 'timezone'],
    `is no time zone: write a name such as Europe/Berlin or an offset such as +02:00, is ${name}`,
  );
}

function formatOf(format: string, zone: Zone, at: readonly (string | number)[]): Format {
  try {
    return compileFormat(format, zone);
  } catch (error) {
    if (error instanceof PatternError) throw new ConfigError(at, `${format} ${error.message}`);
    throw error;
  }
}
