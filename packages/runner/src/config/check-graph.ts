import { printPath, type Signal, signalsOf } from '@tailrace/core';
import { DEAD_LETTERS } from '../dead-letters/letter-sinks.ts';
import { producerOf } from '../routing.ts';
import type { CheckedComponent, Input } from './check-component.ts';
import { outputFault, readableNames, warnOfUnread } from './named-outputs.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problem.ts';
import { warnOfTwoWays } from './two-ways.ts';

/**
 * Resolves `inputs` and reports what is wrong with the way the components are joined; gives the inputs of each by id. `warn` hears of what
 * works but may not be meant.
 */
export function checkGraph(
  components: readonly CheckedComponent[],
  report: Report,
  warn: Report,
): Map<string, string[]> {
  const byId = new Map(components.map((component) => [component.id, component]));
  const inputs = new Map(components.map((component) => [component.id, resolveInputs(component, byId, report)]));
  reportCycles(components, inputs, report);
  reportUnread(components, inputs, report);
  warnOfUnread(components, inputs, warn);
  warnOfTwoWays(components, inputs, warn);
  return inputs;
}

function resolveInputs(
  component: CheckedComponent,
  byId: ReadonlyMap<string, CheckedComponent>,
  report: Report,
): string[] {
  const found = new Set<string>();
  for (const input of component.inputs) {
    for (const id of matching(input, component, byId, report)) {
      if (found.has(id) && !input.pattern.includes('*')) {
        report({ ...input.place, path: input.path, what: `"${id}" is an input already` });
      }
      found.add(id);
    }
  }
  return [...found];
}

function matching(
  input: Input,
  reader: CheckedComponent,
  byId: ReadonlyMap<string, CheckedComponent>,
  report: Report,
): string[] {
  const readable = [...byId.values()].filter((one) => one.section !== 'sinks').flatMap(readableNames);
  const { pattern, place, path } = input;
  if (pattern.includes('*')) {
    const glob = new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`);
    const names = readable.filter((name) => producerOf(name) !== reader.id && glob.test(name));
    if (names.length === 0) report({ ...place, path, what: `"${pattern}" matches no source or transform` });
    for (const name of names) checkSignal(byId.get(producerOf(name))!, reader, input, report);
    return names;
  }
  if (pattern === DEAD_LETTERS) {
    if (reader.section === 'sinks') {
      checkTakesLetters(reader, input, report);
      return [pattern];
    }
    report({ ...place, path, what: 'only sinks take dead letters', expected: 'a source or transform' });
    return [];
  }
  const component = byId.get(producerOf(pattern));
  if (component?.section === 'sinks') {
    report({
      ...place,
      path,
      what: `"${component.id}" is a sink, and nothing comes out of a sink`,
      expected: 'a source or transform',
    });
    return [];
  }
  if (component) {
    const fault = outputFault(component, pattern);
    if (fault) report({ ...place, path, ...fault });
    else checkSignal(component, reader, input, report);
    return [pattern];
  }
  const near = nearest(pattern, reader.section === 'sinks' ? [...readable, DEAD_LETTERS] : readable);
  const expected = readable.length === 0 ? undefined : `one of ${readable.join(', ')}`;
  report({ ...place, path, what: `unknown component "${pattern}"`, expected, near });
  return [];
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function checkSignal(from: CheckedComponent, to: CheckedComponent, input: Input, report: Report): void {
  if (!from.declaration || !to.declaration) return;
  if (from.declaration.kind === 'sink' || to.declaration.kind === 'source') return;
  const [gives, takes] = [signalsOf(from.declaration.output), signalsOf(to.declaration.input)];
  if (gives.some((signal) => takes.includes(signal))) return;
  const what = `"${from.id}" (${from.declaration.type}) gives ${listed(gives)}, but ${to.declaration.type} takes ${listed(takes)}`;
  report({ ...input.place, path: input.path, what });
}

/** A letter is an event of its own: JSON, as logs are. */
function checkTakesLetters({ declaration }: CheckedComponent, input: Input, report: Report): void {
  if (declaration?.kind !== 'sink' || signalsOf(declaration.input).includes('logs')) return;
  const what = `dead letters are logs, but ${declaration.type} takes ${listed(signalsOf(declaration.input))}`;
  report({ ...input.place, path: input.path, what });
}

function listed(signals: readonly Signal[]): string {
  return signals.join(' and ');
}

function reportCycles(
  components: readonly CheckedComponent[],
  inputs: ReadonlyMap<string, readonly string[]>,
  report: Report,
): void {
  const done = new Set<string>();
  const way: string[] = [];

  function visit(id: string): void {
    const from = way.indexOf(id);
    if (from >= 0) {
      reportCycle(way.slice(from));
      return;
    }
    if (done.has(id)) return;
    way.push(id);
    for (const input of inputs.get(id) ?? []) visit(producerOf(input));
    way.pop();
    done.add(id);
  }

  /** `ids` go against the stream: each reads the next. */
  function reportCycle(ids: readonly string[]): void {
    const reader = components.find((component) => ids.includes(component.id))!;
    const at = ids.indexOf(reader.id);
    const downstream = [...ids.slice(at), ...ids.slice(0, at), reader.id].reverse();
    const upstream = ids[(at + 1) % ids.length]!;
    const input = reader.inputs.find(({ pattern }) => producerOf(pattern) === upstream) ?? reader.inputs[0];
    const place = input?.place ?? reader.keyPlace;
    const path = printPath([reader.section, reader.id, 'inputs']);
    report({ ...place, path, what: `the components feed each other in a circle: ${downstream.join(' → ')}` });
  }

  for (const component of components) visit(component.id);
}

function reportUnread(
  components: readonly CheckedComponent[],
  inputs: ReadonlyMap<string, readonly string[]>,
  report: Report,
): void {
  const read = new Set([...inputs.values()].flat().map(producerOf));
  for (const { section, id, keyPlace } of components) {
    if (section === 'sinks' || read.has(id)) continue;
    const what = `no component reads the ${section.slice(0, -1)} "${id}"`;
    report({
      ...keyPlace,
      path: printPath([section, id]),
      what,
      expected: 'its id among the inputs of another component',
    });
  }
}
