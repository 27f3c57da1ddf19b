import { PushError } from './push-error.ts';

const BOUNDARY = 'tailrace-dashboards-4f1c2b7e';

/** A form with one file (RFC 7578); Kibana goes by the end of its name. */
export function multipart(ndjson: string): { readonly content: Uint8Array; readonly type: string } {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="tailrace.ndjson"\r\ncontent-type: application/ndjson\r\n\r\n`;
  return {
    content: Buffer.from(`${head}${ndjson}\r\n--${BOUNDARY}--\r\n`),
    type: `multipart/form-data; boundary=${BOUNDARY}`,
  };
}

/** What an import says of each object. */
export interface ImportAnswer {
  readonly success: boolean;
  readonly successResults?: readonly { readonly type: string; readonly id: string; readonly destinationId?: string }[];
  readonly errors?: readonly ImportError[];
}

interface ImportError {
  readonly type: string;
  readonly id: string;
  readonly error: {
    readonly type: string;
    readonly message?: string;
    readonly references?: readonly { readonly type: string; readonly id: string }[];
  };
}

/** The ids that Kibana chose instead of the file's, by `type:id`; throws where an object was not taken. */
export function importedIds(
  { success, successResults = [], errors = [] }: ImportAnswer,
  name: string,
): Map<string, string> {
  if (!success) throw new PushError(`${name} did not import all: ${errors.map(errorText).join('; ')}`);
  const chosen = successResults.flatMap(({ type, id, destinationId }) =>
    destinationId === undefined ? [] : [[`${type}:${id}`, destinationId] as const],
  );
  return new Map(chosen);
}

/** https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import, `errors` */
function errorText({ type, id, error }: ImportError): string {
  const what = `${type} "${id}"`;
  if (error.type === 'missing_references') {
    const missing = (error.references ?? []).map(
      (each) => `${each.type === 'index-pattern' ? 'data view' : each.type} "${each.id}"`,
    );
    return `${what} refers to ${missing.join(', ')}, which is not in this space`;
  }
  if (error.type === 'conflict' || error.type === 'ambiguous_conflict')
    return `${what} is there already, made by somebody else: push again to see it`;
  if (error.type === 'unsupported_type') return `${what} is of a type that this Kibana does not know`;
  return `${what}: ${error.message ?? error.type}`;
}
