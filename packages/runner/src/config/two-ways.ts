import { printPath, signalsOf } from '@tailrace/core';
import { producerOf } from '../routing.ts';
import type { CheckedComponent } from './check-component.ts';
import type { Problem, Report } from './problem.ts';

/** A component that reads another one, and by which names. */
interface Edge {
  readonly reader: CheckedComponent;
  readonly names: readonly string[];
}

/**
 * Warns of sinks to which an event may come by two ways, and whose targets know it by its identity: that is the same on both ways, so the
 * target keeps one of the two.
 */
export function warnOfTwoWays(
  components: readonly CheckedComponent[],
  inputs: ReadonlyMap<string, readonly string[]>,
  warn: Report,
): void {
  for (const sink of components) {
    if (!keepsIdentities(sink)) continue;
    const upstream = upstreamOf(sink.id, inputs);
    for (const from of components) {
      if (!upstream.has(from.id)) continue;
      const ways = twoWays(from, edgesOf(from.id, components, inputs, upstream));
      if (!ways) continue;
      const above = upstreamOf(from.id, inputs);
      const sources = components.filter(({ section, id }) => section === 'sources' && above.has(id));
      const named = ways.map(({ name, reader }) => [name, ...wayTo(sink.id, reader.id, inputs)].join(' → '));
      warn({ ...sink.keyPlace, path: printPath([sink.section, sink.id, 'inputs']), ...warning(sources, named) });
    }
  }
}

/** Filters on both ways may exclude each other, which cannot be known: it says what becomes of an event that takes both. */
function warning(sources: readonly CheckedComponent[], ways: readonly string[]): Pick<Problem, 'what' | 'expected'> {
  const from = sources.map(({ id }) => `"${id}"`).join(' and ');
  const what = `gets events of ${from} by two ways, ${ways.map((way) => `"${way}"`).join(' and ')}`;
  return {
    what: `${what}: an event that takes both arrives once in an index or store, as it came by one of them`,
    expected:
      'ways of which an event takes one (a route with mode: first), or a sink for each way, into another index or store',
  };
}

function keepsIdentities({ declaration, options }: CheckedComponent): boolean {
  return (
    declaration?.kind === 'sink' && options !== undefined && declaration.keepsIdentities?.(options.config) === true
  );
}

/** Ids of a component and of all from which events come to it. */
function upstreamOf(id: string, inputs: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set([id]);
  // A set gives what is added while it is walked, too.
  for (const one of found) for (const input of inputs.get(one) ?? []) found.add(producerOf(input));
  return found;
}

/** The components among `upstream` that read this one. */
function edgesOf(
  id: string,
  components: readonly CheckedComponent[],
  inputs: ReadonlyMap<string, readonly string[]>,
  upstream: ReadonlySet<string>,
): Edge[] {
  return components
    .filter((reader) => upstream.has(reader.id))
    .map((reader) => ({ reader, names: inputs.get(reader.id)!.filter((input) => producerOf(input) === id) }))
    .filter(({ names }) => names.length > 0);
}

/** Two readers that may get the same event, each with the name that it reads; `undefined`: there are none. */
function twoWays(
  from: CheckedComponent,
  edges: readonly Edge[],
): { readonly name: string; readonly reader: CheckedComponent }[] | undefined {
  const alone = aloneBy(from);
  for (const [k, one] of edges.entries()) {
    for (const other of edges.slice(k + 1)) {
      if (!shareSignal(from, one.reader, other.reader)) continue;
      for (const a of one.names) {
        const b = other.names.find((name) => name === a || !(alone.has(a) || alone.has(name)));
        if (b !== undefined)
          return [
            { name: a, reader: one.reader },
            { name: b, reader: other.reader },
          ];
      }
    }
  }
  return undefined;
}

/** Names by which events of a component leave that leave by no other. */
function aloneBy({ id, declaration, options }: CheckedComponent): Set<string> {
  if (declaration?.kind !== 'transform' || !options) return new Set();
  return new Set(declaration.exclusiveOutputs?.(options.config).map((output) => `${id}.${output}`));
}

/** Whether there are events that both readers take. */
function shareSignal(from: CheckedComponent, ...readers: readonly CheckedComponent[]): boolean {
  if (!from.declaration || from.declaration.kind === 'sink') return false;
  return signalsOf(from.declaration.output).some((signal) =>
    readers.every(
      ({ declaration }) =>
        declaration && declaration.kind !== 'source' && signalsOf(declaration.input).includes(signal),
    ),
  );
}

/** Ids from a component down to the last one before the sink; none for the sink itself. */
function wayTo(sink: string, id: string, inputs: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>();
  const search = (one: string): string[] | undefined => {
    if (one === id) return [];
    if (seen.has(one)) return undefined;
    seen.add(one);
    for (const input of inputs.get(one) ?? []) {
      const way = search(producerOf(input));
      if (way) return [...way, input];
    }
    return undefined;
  };
  return search(sink) ?? [];
}
