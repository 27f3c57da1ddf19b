const DAY = 86_400_000;

/** Labels of ticks on a time axis in the viewer's zone: clock times, and the day where a new one begins or days are what is counted. */
export function timeLabels(ticks: readonly number[], increment: number): string[] {
  return ticks.map((tick, at) => {
    if (increment >= 28 * DAY) return `${monthOf(tick)} ${new Date(tick).getFullYear()}`;
    if (increment >= DAY) return dayOf(tick);
    const before = ticks[at - 1];
    const clock = clockOf(tick, increment < 60_000);
    const isNewDay = before === undefined ? clock === clockOf(0, false) : dayOf(before) !== dayOf(tick);
    return isNewDay ? `${clock}\n${dayOf(tick)}` : clock;
  });
}

/** Steps of the same length that follow each other. */
export interface Steps {
  /** Their begins in Unix milliseconds, rising. */
  readonly times: readonly number[];
  /** Milliseconds of each. */
  readonly step: number;
}

/** A step in words, and that only a part of it is in the time shown. */
export function stepText(time: number, steps: Steps & { readonly partial: readonly number[] }): string {
  return timeText(time, steps) + (steps.partial.includes(time) ? ', a part' : '');
}

/** A time among steps in words, in the viewer's zone: the day where they touch several, seconds only where steps are short. */
export function timeText(time: number, { times, step }: Steps): string {
  if (step >= DAY) return dayOf(time);
  const clock = clockOf(time, step < 60_000);
  const isOneDay = dayOf(times[0] ?? time) === dayOf((times.at(-1) ?? time) + step - 1);
  return isOneDay ? clock : `${dayOf(time)} ${clock}`;
}

function clockOf(time: number, seconds: boolean): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), ...(seconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function dayOf(time: number): string {
  return `${new Date(time).getDate()} ${monthOf(time)}`;
}

function monthOf(time: number): string {
  return MONTHS[new Date(time).getMonth()] ?? '';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
