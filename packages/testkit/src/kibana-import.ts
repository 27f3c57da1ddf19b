import { randomUUID } from 'node:crypto';

/** A saved object and the space in which it is. */
export interface KibanaObject {
  readonly space: string;
  readonly type: string;
  readonly id: string;
  readonly originId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly type: string; readonly id: string; readonly name: string }[];
  readonly typeMigrationVersion?: string;
}

/** What an import answers: 200 with what became of each object, or a refusal of all. */
export type ImportResult =
  | ImportSummary
  | { readonly status: number; readonly error: string; readonly message: string };

interface ImportSummary {
  readonly success: boolean;
  readonly successCount: number;
  readonly successResults: readonly object[];
  readonly errors?: readonly object[];
}

interface Import {
  readonly space: string;
  readonly overwrite: boolean;
  /** Of the server. */
  readonly version: string;
}

/**
 * Takes objects in as https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import says; details from
 * elastic/kibana, src/core/packages/saved-objects/import-export-server-internal/src/import.
 */
export function importObjects(ndjson: string, how: Import, all: KibanaObject[]): ImportResult {
  const lines = ndjson.split('\n').filter((line) => line.trim() !== '');
  // collect_saved_objects.ts: the line of an export's details is left out.
  const objects = lines
    .map((line) => JSON.parse(line) as KibanaObject)
    .filter((object) => !('exportedCount' in object));
  const keys = objects.map(keyOf);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  if (twice.length > 0) return badRequest(`Non-unique import objects detected: [${twice.join(',')}]`);
  const newer = objects.find(({ typeMigrationVersion = '' }) => isNewer(typeMigrationVersion, how.version));
  if (newer) return tooNew(newer);
  const targets = new Map(objects.map((object) => [keyOf(object), targetOf(object, how.space, all)]));
  const errors: object[] = [];
  const results: object[] = [];
  for (const object of objects) {
    const target = targets.get(keyOf(object))!;
    const error = missingReferences(object, keys, how, all) ?? conflict(target, how);
    if (error) {
      errors.push({ type: object.type, id: object.id, meta: {}, error });
      continue;
    }
    store(object, target, targets, how, all);
    const destination = target.id === object.id ? {} : { destinationId: target.id };
    results.push({ type: object.type, id: object.id, meta: {}, managed: false, ...destination });
  }
  const success = errors.length === 0;
  return { success, successCount: results.length, successResults: results, ...(success ? {} : { errors }) };
}

function badRequest(message: string): ImportResult {
  return { status: 400, error: 'Bad Request', message };
}

/** document_migrator.ts: what is from a later version than the server is refused. */
function tooNew({ id, typeMigrationVersion }: KibanaObject): ImportResult {
  const message = `Document "${id}" belongs to a more recent version of Kibana [${typeMigrationVersion}] when the last known version is older.`;
  return { status: 422, error: 'Unprocessable Entity', message };
}

function isNewer(stamp: string, version: string): boolean {
  const [major = 0, minor = 0] = stamp.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  // From 10 on, stamps count versions of the type's model.
  return major < 10 && (major > ownMajor || (major === ownMajor && minor > ownMinor));
}

interface Target {
  readonly id: string;
  readonly exists: boolean;
  readonly originId?: string;
}

/** check_conflicts.ts, check_origin_conflicts.ts: an id that another space has makes a copy, and a copy from before is met by its origin. */
function targetOf({ type, id }: KibanaObject, space: string, all: readonly KibanaObject[]): Target {
  const ofType = all.filter((object) => object.type === type);
  if (ofType.some((object) => object.space === space && object.id === id)) return { id, exists: true };
  const copy = ofType.find((object) => object.space === space && object.originId === id);
  if (copy) return { id: copy.id, exists: true, originId: id };
  if (ofType.some((object) => object.id === id)) return { id: randomUUID(), exists: false, originId: id };
  return { id, exists: false };
}

/** validate_references.ts: data views and searches have to be in the file or in the space. */
function missingReferences(
  { references }: KibanaObject,
  keys: readonly string[],
  { space }: Import,
  all: readonly KibanaObject[],
): object | undefined {
  const enforced = references.filter(({ type }) => type === 'index-pattern' || type === 'search');
  const missing = enforced.filter(
    (reference) =>
      !keys.includes(keyOf(reference)) &&
      !all.some((object) => object.space === space && keyOf(object) === keyOf(reference)),
  );
  if (missing.length === 0) return undefined;
  return { type: 'missing_references', references: missing.map(({ type, id }) => ({ type, id })) };
}

function conflict({ exists, id, originId }: Target, { overwrite }: Import): object | undefined {
  if (!exists || overwrite) return undefined;
  return { type: 'conflict', ...(originId === undefined ? {} : { destinationId: id }) };
}

/** What is stored is what was sent, migrated: with members of its own and the stamp of the server. */
function store(
  object: KibanaObject,
  target: Target,
  targets: ReadonlyMap<string, Target>,
  { space }: Import,
  all: KibanaObject[],
): void {
  const references = object.references.map((each) => ({ ...each, id: targets.get(keyOf(each))?.id ?? each.id }));
  const { originId } = target;
  const stored = {
    ...object,
    ...{
      space,
      id: target.id,
      references,
      managed: false,
      typeMigrationVersion: '10.3.0',
      updated_at: new Date().toISOString(),
    },
    attributes: { ...object.attributes, hits: 0 },
    ...(originId === undefined ? {} : { originId }),
  };
  const at = all.findIndex((each) => each.space === space && each.type === object.type && each.id === target.id);
  if (at < 0) all.push(stored);
  else all[at] = stored;
}

function keyOf({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}:${id}`;
}
