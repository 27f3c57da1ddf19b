import { bytes, ConfigError, duration, integer, list, oneOf, parseBytes, parseDuration, string } from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { compileRegex, RegexError } from '../regex/regex.ts';
import { PRESETS } from './presets.ts';
import { APART, COMPLETE, type LineRules, type Pattern, patternRules, presetRules } from './rules.ts';

const DEFAULTS = { timeout: '2s', max_lines: 1000, max_bytes: '256KiB' } as const;

/** The options of `multiline`, the same for sources and for the transform. */
export const multilineOptions = {
  presets: list(oneOf(['java', 'python', 'go', 'node', 'ruby'], { description: 'A preset.' }), {
    description:
      'Join the stack traces of these, each into one event; other lines pass at once. Not together with the patterns.',
    examples: [['java', 'python']],
  }),
  start: string({
    minLength: 1,
    description:
      'A regular expression: a line that matches begins an event. Alone, all lines up to the next such line join it.',
    examples: ['^\\d{4}-\\d\\d-\\d\\d '],
  }),
  continue: string({
    minLength: 1,
    description:
      'A regular expression: a line that matches joins the event before it, and lines that do not match do not.',
    examples: ['^\\s'],
  }),
  end: string({
    minLength: 1,
    description: 'A regular expression: a line that matches is the last one of its event.',
    examples: [';$'],
  }),
  timeout: duration({
    default: DEFAULTS.timeout,
    description: 'An event is complete when no further line came for this long, from 10ms to 1h.',
  }),
  max_lines: integer({
    default: DEFAULTS.max_lines,
    minimum: 1,
    maximum: 65_535,
    description: 'Most lines of an event; the next one begins another. Counted as `multiline_split`.',
  }),
  max_bytes: bytes({
    default: DEFAULTS.max_bytes,
    description:
      'Most bytes of the joined text as it stands escaped in JSON, at most 4MiB; a line that does not fit begins another event. Counted as `multiline_split`.',
  }),
};

/** The options as they are resolved. */
export interface MultilineConfig {
  readonly presets: readonly (keyof typeof PRESETS)[] | undefined;
  readonly start: string | undefined;
  readonly continue: string | undefined;
  readonly end: string | undefined;
  readonly timeout: number;
  readonly max_lines: number;
  readonly max_bytes: number;
}

/** Prepared options. */
export interface Multiline {
  readonly rules: LineRules;
  readonly timeoutMs: number;
  readonly maxLines: number;
  readonly maxBytes: number;
}

/** Every line is an event. For files of which a run that joined lines held some back, when they are not joined any more. */
export const SINGLE_LINES: Multiline = {
  rules: { first: () => COMPLETE, next: () => APART },
  timeoutMs: 0,
  maxLines: 1,
  maxBytes: MAX_EVENT_BYTES,
};

/** Prepares the options, which stand at `at`; `null` when they ask for nothing. Throws a {@link ConfigError}. */
export function prepareMultiline(config: MultilineConfig, at: readonly string[]): Multiline | null {
  const rules = rulesOf(config, at);
  if (config.timeout < 10 || config.timeout > 3_600_000)
    throw new ConfigError([...at, 'timeout'], `must be from 10ms to 1h, is ${config.timeout}ms`);
  if (config.max_bytes < 1 || config.max_bytes > MAX_EVENT_BYTES)
    throw new ConfigError([...at, 'max_bytes'], `must be from 1 byte to 4MiB, is ${config.max_bytes} bytes`);
  if (!rules && !isUnset(config)) {
    throw new ConfigError(at, 'joins nothing: say which lines belong together by presets, start, continue or end');
  }
  if (!rules) return null;
  return { rules, timeoutMs: config.timeout, maxLines: config.max_lines, maxBytes: config.max_bytes };
}

function isUnset({ timeout, max_lines: maxLines, max_bytes: maxBytes }: MultilineConfig): boolean {
  const usual = maxLines === DEFAULTS.max_lines && maxBytes === parseBytes(DEFAULTS.max_bytes);
  return usual && timeout === parseDuration(DEFAULTS.timeout);
}

const PATTERNS = ['start', 'continue', 'end'] as const;

function rulesOf(config: MultilineConfig, at: readonly string[]): LineRules | null {
  const named = PATTERNS.filter((option) => config[option] !== undefined);
  const presets = config.presets ?? [];
  if (presets.length > 0 && named.length > 0) {
    throw new ConfigError([...at, named[0]!], 'cannot be combined with presets: give the presets or the patterns');
  }
  if (presets.length > 0) return presetRules([...new Set(presets)].map((name) => PRESETS[name]));
  if (named.length === 0) return null;
  const compiled = (option: (typeof PATTERNS)[number]): Pattern | null => {
    const pattern = config[option];
    return pattern === undefined ? null : patternAt([...at, option], pattern);
  };
  return patternRules({ start: compiled('start'), continue: compiled('continue'), end: compiled('end') });
}

function patternAt(at: readonly string[], pattern: string): Pattern {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new ConfigError(at, error.message);
    throw error;
  }
}
