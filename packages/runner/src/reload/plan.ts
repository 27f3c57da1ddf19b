import { Secret } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig } from '../component.ts';
import { takesLetters } from '../dead-letters/letter-sinks.ts';

/** What a reload exchanges; all other components keep running, with their queues, connections and positions. */
export interface ReloadPlan {
  /** Ids of components that go: removed ones, and those whose options or files changed. */
  readonly drop: ReadonlySet<string>;
  /** Components that come, in the order of the configuration. */
  readonly create: readonly ComponentConfig[];
  /** Whether anything at all differs, be it a setting or who reads whom. */
  readonly isEmpty: boolean;
  /** What cannot change while the process runs. */
  readonly refused: readonly string[];
}

/** Compares two pipelines, component by component. */
export function planReload(present: PipelineConfig, next: PipelineConfig): ReloadPlan {
  const before = new Map(present.components.map((component) => [component.id, component]));
  const after = new Map(next.components.map((component) => [component.id, component]));
  const drop = new Set<string>();
  for (const [id, component] of before) if (!isSame(component, after.get(id))) drop.add(id);
  const create = next.components.filter(({ id }) => !before.has(id) || drop.has(id));
  const isRewired = next.components.some(({ id, inputs }) => !isEqual(inputs, before.get(id)?.inputs));
  return {
    drop,
    create,
    isEmpty: drop.size === 0 && create.length === 0 && !isRewired && isEqual(present.settings, next.settings),
    refused: refusals(present, next, drop),
  };
}

function refusals(present: PipelineConfig, next: PipelineConfig, drop: ReadonlySet<string>): string[] {
  const refused: string[] = [];
  if (present.dataDir !== next.dataDir) refused.push('data_dir cannot change while the process runs');
  if (!isEqual(present.settings.dead_letters, next.settings.dead_letters))
    refused.push('dead_letters cannot change while the process runs');
  for (const { id, declaration } of next.components) {
    const isOnce = declaration.kind === 'source' && declaration.readsOnce === true;
    if (isOnce && drop.has(id))
      refused.push(`${id}: a ${declaration.type} source cannot change while the process runs`);
  }
  return refused;
}

function isSame(one: ComponentConfig, other: ComponentConfig | undefined): boolean {
  if (!other || one.declaration !== other.declaration || one.folder !== other.folder) return false;
  // A sink of letters has a place of its own for what it refuses.
  if (takesLetters(one) !== takesLetters(other)) return false;
  return isEqual(one.config, other.config) && isEqual(one.sink, other.sink) && isEqual(one.files, other.files);
}

/** Deep equality of configuration: plain values, lists, maps and secrets. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret || b instanceof Secret)
    return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal();
  if (a instanceof Map && b instanceof Map) return isEqual([...a], [...b]);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isEqual(Reflect.get(a, key), Reflect.get(b, key)));
}
