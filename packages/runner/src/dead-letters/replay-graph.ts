import type { ComponentConfig } from '../component.ts';
import { producerOf } from '../routing.ts';
import { DEAD_LETTERS } from './letter-sinks.ts';

/**
 * The part of a pipeline that events see which enter at the given components: at a source they come as if it had emitted them.
 * `sourceOf` makes the source that stands in front of an entry; sinks that take dead letters stay, whatever else they read.
 */
export function replayGraph(
  components: readonly ComponentConfig[],
  entries: ReadonlySet<string>,
  sourceOf: (id: string, entry: string) => ComponentConfig,
): ComponentConfig[] {
  const kept = new Map<string, string[]>();
  const isSource = (id: string): boolean => components.some((c) => c.id === id && c.declaration.kind === 'source');
  for (let size = -1; size !== kept.size; ) {
    size = kept.size;
    for (const { id, inputs, declaration } of components) {
      if (declaration.kind === 'source') continue;
      const reads = inputs.flatMap((input) => {
        if (entries.has(input) && isSource(input)) return [replayId(input)];
        return kept.has(producerOf(input)) || input === DEAD_LETTERS ? [input] : [];
      });
      if (entries.has(id)) reads.unshift(replayId(id));
      if (reads.length > 0) kept.set(id, reads);
    }
  }
  const rest = components.flatMap((one) => (kept.has(one.id) ? [{ ...one, inputs: kept.get(one.id)! }] : []));
  return [...[...entries].map((entry) => sourceOf(replayId(entry), entry)), ...rest];
}

/** No id of a pipeline has a dot. */
function replayId(entry: string): string {
  return `${DEAD_LETTERS}.${entry}`;
}
