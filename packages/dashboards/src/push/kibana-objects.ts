import type { PushError } from './push-error.ts';
import type { Answer } from './server.ts';

/** A saved object, as an export has it. */
export interface StoredObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly type: string; readonly id: string; readonly name: string }[];
  /** The id that a copy in another space has its own from. */
  readonly originId?: string;
}

type Export = (body: object) => Promise<Answer>;
type Refused = (answer: Answer) => PushError;

/** The objects of a file that are there, by the ids that the file has for them; copies in another space are found by where they are from. */
export async function storedObjects(
  wanted: readonly StoredObject[],
  exported: Export,
  refused: Refused,
): Promise<ReadonlyMap<string, StoredObject>> {
  const direct = await exportOf(wanted, exported, refused);
  const there = new Set(direct.map(keyOf));
  const missing = wanted.filter((object) => !there.has(keyOf(object)));
  const copies = missing.length === 0 ? [] : await copiesOf(missing, exported, refused);
  return byOriginalId([...direct, ...copies], new Set(wanted.map(keyOf)));
}

/** An export names the objects that are not there and gives none; it is asked again for the others. */
async function exportOf(wanted: readonly StoredObject[], exported: Export, refused: Refused): Promise<StoredObject[]> {
  const objects = wanted.map(({ type, id }) => ({ type, id }));
  const first = await exported({ objects });
  if (first.status === 200) return linesOf(first.text);
  const failed = failedObjects(first);
  if (!failed) throw refused(first);
  const there = objects.filter(({ type, id }) => !failed.some((each) => each.type === type && each.id === id));
  if (there.length === 0) return [];
  const second = await exported({ objects: there });
  if (second.status !== 200) throw refused(second);
  return linesOf(second.text);
}

interface FailedObject {
  readonly type: string;
  readonly id: string;
  readonly error?: { readonly statusCode?: number };
}

/** The objects that are not there, if that is all that is wrong. */
function failedObjects({ status, json }: Answer): readonly FailedObject[] | undefined {
  const objects = (json as { attributes?: { objects?: readonly FailedObject[] } } | undefined)?.attributes?.objects;
  const areMissing = objects?.every(({ error }) => error?.statusCode === 404) ?? false;
  return status === 400 && areMissing ? objects : undefined;
}

/** Ids of these types are unique over all spaces: in a second space an import makes copies with ids of their own. */
async function copiesOf(missing: readonly StoredObject[], exported: Export, refused: Refused): Promise<StoredObject[]> {
  const types = [...new Set(missing.map(({ type }) => type))];
  const answer = await exported({ type: types });
  // More objects than Kibana exports at once: what is created then in the place of a copy is refused as a conflict.
  if (answer.status === 400) return [];
  if (answer.status !== 200) throw refused(answer);
  return linesOf(answer.text).filter((object) =>
    missing.some(({ type, id }) => object.type === type && object.originId === id),
  );
}

/** Objects under the ids that the file has for them, with references by these ids, too. */
function byOriginalId(objects: readonly StoredObject[], wanted: ReadonlySet<string>): Map<string, StoredObject> {
  const copied = objects.filter((object) => !wanted.has(keyOf(object)));
  const originals = new Map(copied.map((object) => [keyOf(object), object.originId ?? object.id]));
  const named = objects.map((object) => {
    const references = object.references.map((each) => ({ ...each, id: originals.get(keyOf(each)) ?? each.id }));
    return [
      keyOf({ type: object.type, id: originals.get(keyOf(object)) ?? object.id }),
      { ...object, references },
    ] as const;
  });
  return new Map(named);
}

/** `dashboard:tailrace-mirrord-usage` */
export function keyOf({ type, id }: Pick<StoredObject, 'type' | 'id'>): string {
  return `${type}:${id}`;
}

function linesOf(ndjson: string): StoredObject[] {
  const lines = ndjson.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as StoredObject);
}
