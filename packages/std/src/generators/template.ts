import { createClock } from './clock.ts';
import { createRandom } from './random.ts';
import { type LineContext, type Placeholder, placeholderNames, preparePlaceholder } from './template-placeholders.ts';

/** What to generate from a template. Equal options give equal lines. */
export interface TemplateOptions {
  /** Text with placeholders such as {{seq}} or {{int 1 6}}; with several templates each line takes one of them at random. */
  template: string | readonly string[];
  /** Number of lines; Infinity is allowed. */
  lines: number;
  /** Any text or number. Default 1. */
  seed?: string | number;
  /** What {{time}} says on the first line, ISO 8601. Default 2026-11-02T06:00:00Z. */
  start?: string;
  /** Lines per second: how {{time}} moves on. Default 1. */
  rate?: number;
}

/** What is wrong with a template, one sentence each, with the column of the placeholder; an empty list when nothing is. */
export function templateProblems(template: string): string[] {
  return compile(template).problems;
}

/** Yields the lines, without newlines. Throws RangeError on a template that has problems or a time that is none. */
export function* templateLines(options: TemplateOptions): Generator<string, void, undefined> {
  const { lines, seed = 1, start = '2026-11-02T06:00:00Z', rate = 1 } = options;
  if (!(rate > 0)) throw new RangeError(`rate: got ${rate}, expected more than 0 lines per second`);
  const templates = [options.template].flat().map((template) => compile(template));
  const problems = templates.flatMap((template) => template.problems);
  if (templates.length === 0) problems.push('template: the list is empty, expected at least one text');
  if (problems.length > 0) throw new RangeError(problems.join('\n'));

  const random = createRandom(seed);
  const clock = createClock(start);
  for (let seq = 0; seq < lines; seq += 1) {
    const template = templates.length === 1 ? templates[0] : random.pick(templates);
    const context: LineContext = { seq, at: seq / rate, random, clock };
    let line = '';
    for (const part of template?.parts ?? []) line += typeof part === 'string' ? part : part(context);
    yield line;
  }
}

function compile(template: string): { parts: (string | Placeholder)[]; problems: string[] } {
  const parts: (string | Placeholder)[] = [];
  const problems: string[] = [];
  let end = 0;
  for (const match of template.matchAll(/\{\{(?:\s*("(?:[^"\\]|\\.)*")\s*|(.*?))\}\}/gs)) {
    const [whole, quoted, call = ''] = match;
    parts.push(template.slice(end, match.index));
    end = match.index + whole.length;
    if (quoted !== undefined) {
      parts.push(quoted.slice(1, -1).replace(/\\(.)/g, '$1'));
      continue;
    }
    const prepared = preparePlaceholder(call.trim());
    if (typeof prepared === 'string') problems.push(`template: column ${match.index + 1}: ${whole}: ${prepared}`);
    else parts.push(prepared.print);
  }
  const rest = template.slice(end);
  const open = rest.indexOf('{{');
  if (open >= 0) {
    problems.push(
      `template: column ${end + open + 1}: {{ without }}; expected one of ${placeholderNames().join(', ')}`,
    );
  }
  parts.push(rest);
  return { parts, problems };
}
