import type { BuiltFile } from '../build.ts';
import { markOf } from '../mark.ts';
import { type Difference, differences } from './difference.ts';
import { type KibanaApi, kibanaApi } from './kibana-api.ts';
import { keyOf, type StoredObject } from './kibana-objects.ts';
import { PushError } from './push-error.ts';
import type { Pushed, PushOptions } from './pushed.ts';
import type { Access } from './server.ts';

/** Where to push in Kibana. */
export interface KibanaTarget extends Access {
  /** Id of a space; the default space unless set. */
  readonly space?: string | undefined;
}

/**
 * Puts dashboards into Kibana by its saved-objects import; throws a {@link PushError}. What is there is read first: what others made stays,
 * data views that are not ours have to be there and stay, and what is the same already is not sent again.
 */
export async function* pushKibana(target: KibanaTarget, { files, dryRun }: PushOptions): AsyncGenerator<Pushed> {
  const api = kibanaApi(target);
  try {
    await api.requireVersion();
    await api.requireSpace();
    for (const file of files) yield await pushFile(api, file, dryRun);
  } finally {
    api.close();
  }
}

async function pushFile(api: KibanaApi, file: BuiltFile, dryRun: boolean): Promise<Pushed> {
  const ours = objectsOf(file.text);
  const there = await api.stored(ours);
  const planned = ours.map((object) => plan(api, file, object, there.get(keyOf(object))));
  const toSend = planned.filter(({ change }) => change !== 'none');
  const found = toSend.flatMap((each) => each.found);
  const main = planned.find(({ object }) => object.type === 'dashboard');
  const outcome = main?.change === 'create' ? 'created' : toSend.length > 0 ? 'changed' : 'unchanged';
  const result: Pushed = { id: file.dashboard.id, outcome, differences: outcome === 'created' ? [] : found };
  const url = api.dashboardUrl(main?.storedId ?? main?.object.id ?? '');
  if (dryRun || toSend.length === 0) return { ...result, ...(outcome === 'created' ? {} : { url }) };
  // Where nothing of ours is, nothing may be overwritten: somebody may have made it a moment ago.
  const overwrite = toSend.some(({ change }) => change === 'overwrite');
  const newIds = await api.import(`${toSend.map(({ object }) => JSON.stringify(object)).join('\n')}\n`, overwrite);
  const newId = newIds.get(main ? keyOf(main.object) : '');
  if (newId === undefined) return { ...result, url };
  return {
    ...result,
    url: api.dashboardUrl(newId),
    note: 'another space has its id, so Kibana gave it one of its own here',
  };
}

interface Planned {
  readonly object: StoredObject;
  readonly change: 'create' | 'overwrite' | 'none';
  readonly found: readonly Difference[];
  /** Where a copy has another id. */
  readonly storedId?: string;
}

/** What is to be done with one object of a file; throws where it is not ours to touch. */
function plan(api: KibanaApi, file: BuiltFile, object: StoredObject, there: StoredObject | undefined): Planned {
  if (object.type === 'index-pattern' && !object.id.startsWith(OWN_IDS)) return planForeignView(api, object, there);
  if (!there)
    return {
      object,
      change: 'create',
      found: [{ path: `${object.type} ${object.id}`, there: undefined, ours: titleOf(object) }],
    };
  if (object.type === 'dashboard' && !String(there.attributes['description']).includes(markOf(file.dashboard))) {
    throw new PushError(
      `${api.name} has a dashboard "${object.id}" ("${titleOf(there)}") that tailrace did not make, or whose description has lost ${markOf(file.dashboard)}: it stays as it is; delete it there, or put the mark back`,
    );
  }
  const found = differences(there.attributes, object.attributes, `${object.type} ${object.id}`);
  const references = differences(sorted(there), sorted(object), `${object.type} ${object.id} references`);
  const all = [...found, ...references];
  return { object, change: all.length === 0 ? 'none' : 'overwrite', found: all, storedId: there.id };
}

/** Ids that begin so are made by tailrace's files; a data view with another id is the user's own. */
const OWN_IDS = 'tailrace-';

function planForeignView(api: KibanaApi, object: StoredObject, there: StoredObject | undefined): Planned {
  if (!there) {
    throw new PushError(
      `${api.name} has no data view "${object.id}": create it under Stack Management → Data Views with this as its custom id, or leave the parameter out to have one made`,
    );
  }
  if (titleOf(there) !== titleOf(object)) {
    throw new PushError(
      `${api.name}: the data view "${object.id}" reads ${titleOf(there)}, and the dashboard is for ${titleOf(object)}: set the index pattern to that, or choose another data view`,
    );
  }
  return { object, change: 'none', found: [] };
}

function titleOf({ attributes }: StoredObject): string {
  return String(attributes['title']);
}

function sorted({ references }: StoredObject): unknown {
  return references.map(({ type, id, name }) => ({ type, id, name })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The objects of a file, without the line at its end that counts them. */
function objectsOf(text: string): StoredObject[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const all = lines.map((line) => JSON.parse(line) as StoredObject | { readonly exportedCount: number });
  return all.filter((each) => !('exportedCount' in each)) as StoredObject[];
}
