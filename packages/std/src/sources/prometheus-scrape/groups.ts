import type { Family, LabelPairs, Sample, SampleExemplar } from './exposition.ts';
import type { Parts } from './histogram.ts';
import { readNumber } from './numbers.ts';
import { takeLabel } from './series-labels.ts';

/** The lines of one series of a histogram or summary that are for one time. */
export interface Group extends Parts {
  readonly labels: LabelPairs;
  readonly time: bigint | undefined;
  readonly exemplars: SampleExemplar[];
}

/** Labels as a key of maps; an exposition holds no NUL. */
export function labelKey(labels: LabelPairs): string {
  return labels.join('\0');
}

/** When the series of a family were created, by {@link labelKey}, in nanoseconds since 1970. */
export function createdTimes({ name, type, samples }: Family): ReadonlyMap<string, bigint> {
  const times = new Map<string, bigint>();
  if (type !== 'counter' && type !== 'histogram' && type !== 'summary') return times;
  for (const sample of samples) {
    if (sample.name !== `${name}_created` || !(sample.value > 0 && sample.value < 9e9)) continue;
    // Microseconds, as a double of seconds holds no more.
    times.set(labelKey(sample.labels), BigInt(Math.round(sample.value * 1e6)) * 1000n);
  }
  return times;
}

/** Puts the lines of a histogram or summary together by series and time; `refuse` gets those that belong nowhere. */
export function groupsOf(
  { name, type, samples }: Family,
  timeOf: (sample: Sample) => bigint | undefined,
  refuse: (sample: Sample, reason: string) => void,
): Iterable<Group> {
  const groups = new Map<string, Group>();
  const stepLabel = type === 'histogram' ? 'le' : 'quantile';
  for (const sample of samples) {
    const suffix = sample.name.slice(name.length);
    if (suffix === '_created') continue;
    const isStep = suffix === '_bucket' || suffix === '';
    const { value: spelled, rest } = isStep
      ? takeLabel(sample.labels, stepLabel)
      : { value: undefined, rest: sample.labels };
    const at = spelled === undefined ? undefined : readNumber(spelled, 0, spelled.length);
    if (isStep && (at === undefined || Number.isNaN(at))) {
      refuse(sample, `the label ${stepLabel} is no number`);
      continue;
    }
    const group = groupFor(groups, rest, timeOf(sample));
    if (at !== undefined) group.steps.push({ at, value: sample.value });
    else if (suffix === '_sum') group.sum = sample.value;
    else group.count = sample.value;
    if (sample.exemplar) group.exemplars.push(sample.exemplar);
  }
  return groups.values();
}

function groupFor(groups: Map<string, Group>, labels: LabelPairs, time: bigint | undefined): Group {
  const key = time === undefined ? labelKey(labels) : `${labelKey(labels)}\0\0${time}`;
  const known = groups.get(key);
  if (known) return known;
  const group: Group = { labels, time, steps: [], sum: undefined, count: undefined, exemplars: [] };
  groups.set(key, group);
  return group;
}
