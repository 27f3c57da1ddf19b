import { ConfigError } from '@tailrace/core';
import { compileFormat, readTime } from '../timestamp/formats.ts';
import { PatternError } from '../timestamp/pattern.ts';
import { zoneNamed } from '../timestamp/zone.ts';
import { timesOf } from './format.ts';
import { keysOf } from './formats/regex.ts';
import type { Members } from './line.ts';
import { homeOf } from './merge.ts';
import type { ParseOptions } from './options.ts';

/** Takes the line's time out of the members, as RFC 3339 text in UTC; `null`: they hold none, `false`: one that cannot be read. */
export type TakeTime = (members: Members, now: () => bigint) => string | null | false;

/** Where a line's time stands and how it is read; `null`: nowhere. Throws a {@link ConfigError}. */
export function lineTime(options: ParseOptions): TakeTime | null {
  const own = timesOf(options.format);
  const field = options.time_field ?? (own ? 'timestamp' : '');
  if (field === '') {
    if (options.time_formats) throw new ConfigError(['time_formats'], 'does nothing without "time_field"');
    return null;
  }
  const keys = keysOf(field, ['time_field']);
  const zone = zoneNamed(options.timezone);
  if (!zone) {
    const advice = 'write a name such as Europe/Berlin or an offset such as +02:00';
    throw new ConfigError(['timezone'], `is no time zone: ${advice}, is ${options.timezone}`);
  }
  const formats = (options.time_formats ?? own ?? ['rfc3339']).map((format, k) => {
    try {
      return compileFormat(format, zone);
    } catch (error) {
      if (error instanceof PatternError) throw new ConfigError(['time_formats', k], `${format} ${error.message}`);
      throw error;
    }
  });
  return (members, now) => {
    const home = homeOf(members, keys);
    const text = home?.[keys.at(-1)!];
    if (text === undefined || text === null) return null;
    const time = readTime(String(text), formats, now);
    if (time === null) return false;
    Reflect.deleteProperty(home!, keys.at(-1)!);
    return time;
  };
}
