/** A member of a saved object. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** How one saved object names another. */
export interface Reference {
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** A line of a file that Kibana imports. */
export interface SavedObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: JsonObject;
  readonly references: readonly Reference[];
}

export const DATA_VIEW_TYPE = 'index-pattern';
export const SEARCH_TYPE = 'search';
export const DASHBOARD_TYPE = 'dashboard';

/** Of the format around objects: what 8.8 and all later versions write. */
export const CORE_VERSION = '8.8.0';

/**
 * The oldest version of each type that 8.9 writes: a newer one would be refused there, and without a stamp every migration since the
 * beginning would run, which fails for panels of today. Elastic's own integrations carry the same.
 */
export const TYPE_VERSIONS: Readonly<Record<string, string>> = {
  [DATA_VIEW_TYPE]: '8.0.0',
  [SEARCH_TYPE]: '8.0.0',
  [DASHBOARD_TYPE]: '8.9.0',
};

/** The name under which a layer of a Lens panel refers to its data view. */
export function layerReference(layerId: string): string {
  return `indexpattern-datasource-layer-${layerId}`;
}

/** Objects as a file of Kibana's saved-objects import: one per line, then what was exported (elastic.co/docs/api/doc/kibana, saved objects). */
export function savedObjectsFile(objects: readonly SavedObject[]): string {
  const lines: JsonObject[] = objects.map(({ type, id, attributes, references }) => ({
    ...{ attributes, coreMigrationVersion: CORE_VERSION, id },
    references: references.map((reference) => ({ ...reference })),
    ...{ type, typeMigrationVersion: TYPE_VERSIONS[type] ?? '' },
  }));
  lines.push({
    ...{ excludedObjects: [], excludedObjectsCount: 0, exportedCount: objects.length },
    ...{ missingRefCount: 0, missingReferences: [] },
  });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
