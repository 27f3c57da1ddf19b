/** How lines of one stream become events. */
export interface LineRules {
  /** What follows when `line` begins an event: a state for {@link LineRules.next}, or COMPLETE when nothing can. */
  first(line: string): number;
  /** The state after another line of the event, COMPLETE when it is the last one, APART when it is none of it. */
  next(state: number, line: string): number;
}

/** The event has its last line. */
export const COMPLETE = -1;
/** The line belongs to another event. */
export const APART = -2;

/** A compiled pattern, ours or a user's. */
export interface Pattern {
  test(line: string): boolean;
}

/** What a user says by patterns; at least one is there. */
export interface LinePatterns {
  readonly start: Pattern | null;
  readonly continue: Pattern | null;
  readonly end: Pattern | null;
}

const OPEN = 0;

/**
 * Rules of patterns. A line that matches `start` begins an event and one that matches `end` is its last. Between them lines join that match
 * `continue`; without that pattern all do when there is one of the others.
 */
export function patternRules({ start, continue: more, end }: LinePatterns): LineRules {
  const after = (line: string): number => (end?.test(line) ? COMPLETE : OPEN);
  return {
    first(line) {
      // With both patterns, a line that matches neither can be the first of nothing.
      if (start && more && !start.test(line) && !more.test(line)) return COMPLETE;
      return after(line);
    },
    next(_state, line) {
      if (start?.test(line)) return APART;
      if (!more || more.test(line)) return after(line);
      return end?.test(line) ? COMPLETE : APART;
    },
  };
}

/** One step of a preset: in one of the states `from`, a line that matches leads to the state `to`. */
export interface Step {
  readonly from: readonly string[];
  readonly line: RegExp;
  readonly to: string;
}

/** The state before the first line of an event, and the one after its last. */
export const BEGIN = 'begin';
export const END = 'end';

interface CompiledStep {
  readonly from: number;
  readonly line: RegExp;
  readonly to: number;
}

/** Bits of the states that are the same in each preset. */
const BEGIN_BIT = 1;
const END_BIT = 2;

/**
 * Rules of presets, side by side: as long as several could go on with an event, each of them may. A state is a set of their states, one bit
 * each.
 */
export function presetRules(presets: readonly (readonly Step[])[]): LineRules {
  const steps = compiled(presets);
  const begins = steps.filter(({ from }) => (from & BEGIN_BIT) !== 0);
  const reached = (among: readonly CompiledStep[], from: number, line: string): number => {
    let to = 0;
    for (const step of among) if ((step.from & from) !== 0 && step.line.test(line)) to |= step.to;
    return to;
  };
  return {
    first(line) {
      const to = reached(begins, BEGIN_BIT, line) & ~END_BIT;
      return to === 0 ? COMPLETE : to;
    },
    next(state, line) {
      const to = reached(steps, state, line);
      if (to === 0) return APART;
      return to === END_BIT ? COMPLETE : to & ~END_BIT;
    },
  };
}

function compiled(presets: readonly (readonly Step[])[]): CompiledStep[] {
  let bits = END_BIT;
  return presets.flatMap((preset) => {
    const bitOf = new Map([
      [BEGIN, BEGIN_BIT],
      [END, END_BIT],
    ]);
    for (const { to } of preset) {
      if (bitOf.has(to)) continue;
      bits <<= 1;
      bitOf.set(to, bits);
    }
    return preset.map(({ from, line, to }) => ({
      from: from.reduce((all, state) => all | bitOf.get(state)!, 0),
      line,
      to: bitOf.get(to)!,
    }));
  });
}
