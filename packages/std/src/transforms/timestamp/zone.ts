/** A time zone. */
export interface Zone {
  /** Seconds that its clocks are ahead of UTC at a moment, in Unix seconds. */
  offsetAt(seconds: number): number;
}

export const UTC: Zone = fixedZone(0);

/** Hours of zones that logs name by letters: those of RFC 2822, 4.3, and the European ones, which nobody else uses. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  ...{ Z: 0, UT: 0, UTC: 0, GMT: 0, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 },
  ...{ WET: 0, WEST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3 },
};

/** By names in small letters: case does not count, and logs could write a name in any number of ways. */
const named = new Map<string, Zone>();

/** The zone of the IANA database with this name, or with this offset (`+02:00`); `null` when there is none. */
export function zoneNamed(name: string): Zone | null {
  const offset = offsetOf(name);
  if (offset !== null) return fixedZone(offset);
  const known = named.get(name.toLowerCase());
  if (known) return known;
  const zone = databaseZone(name);
  // Names that do not exist are not kept: logs could hold any number of them.
  if (zone) named.set(name.toLowerCase(), zone);
  return zone;
}

/** The zone as a log line writes it: an offset, letters such as `CEST`, or a name with a slash. */
export function zoneWritten(text: string): Zone | null {
  const hours = ABBREVIATIONS[text.toUpperCase()];
  if (hours !== undefined) return fixedZone(hours * 3600);
  return text.includes('/') || /^[+-]/.test(text) ? zoneNamed(text) : null;
}

/**
 * Unix seconds at which the clocks of a zone show a time, given as the Unix seconds of that time in UTC. A time that comes twice is the
 * first one; one that is skipped is as much later as clocks were moved (as in RFC 5545, 3.3.5).
 */
export function unixSeconds(shown: number, zone: Zone): number {
  const before = zone.offsetAt(shown - DAY);
  const after = zone.offsetAt(shown + DAY);
  if (before === after) return shown - before;
  const fitting = [before, after].map((offset) => shown - offset).filter((at) => at + zone.offsetAt(at) === shown);
  return fitting.length > 0 ? Math.min(...fitting) : shown - before;
}

const DAY = 86_400;

function fixedZone(offset: number): Zone {
  return { offsetAt: () => offset };
}

function offsetOf(text: string): number | null {
  if (ABBREVIATIONS[text] === 0) return 0;
  const match = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text);
  if (!match) return null;
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59) return null;
  return (match[1] === '-' ? -60 : 60) * (hours * 60 + minutes);
}

/** Most hours whose offset is remembered. */
const MAX_HOURS = 4096;

function databaseZone(name: string): Zone | null {
  const format = formatOf(name);
  if (!format) return null;
  const hours = new Map<number, number>();
  return {
    offsetAt(seconds) {
      const hour = Math.floor(seconds / 3600);
      const known = hours.get(hour);
      if (known !== undefined) return known;
      const [first, last] = [offsetFrom(format, hour * 3600), offsetFrom(format, hour * 3600 + 3599)];
      if (first !== last) return offsetFrom(format, seconds);
      if (hours.size === MAX_HOURS) hours.clear();
      hours.set(hour, first);
      return first;
    },
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Intl tells what the clocks show; the offset is how far that is from UTC. */
function offsetFrom(format: Intl.DateTimeFormat, seconds: number): number {
  const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const date = new Date(0);
  date.setUTCFullYear(parts.get('era') === 'BC' ? 1 - part('year') : part('year'), part('month') - 1, part('day'));
  return date.getTime() / 1000 + part('hour') * 3600 + part('minute') * 60 + part('second') - seconds;
}
