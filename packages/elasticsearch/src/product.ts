import { parseObject } from './answer.ts';
import type { Answer } from './client.ts';

/** Whose server it is: they differ in a field type and in how they name themselves, not in the bulk API. */
export type Product = 'elasticsearch' | 'opensearch';

interface Version {
  readonly number?: unknown;
  readonly distribution?: unknown;
}

/** The oldest versions that have what the sink needs: plain JSON headers and `flattened`, and `flat_object` in OpenSearch. */
const OLDEST: Readonly<Record<Product, readonly [major: number, minor: number]>> = {
  elasticsearch: [7, 17],
  opensearch: [2, 7],
};
const NAMES: Readonly<Record<Product, string>> = { elasticsearch: 'Elasticsearch', opensearch: 'OpenSearch' };

/** Whose answer to `GET /` it is, also one that refuses the user; `undefined` for a stranger's. */
export function productOf({ headers, text }: Answer): Product | undefined {
  // Elasticsearch has named itself in this header since 7.14, in refusals too.
  if (headers['x-elastic-product'] === 'Elasticsearch') return 'elasticsearch';
  // In its compatibility mode OpenSearch leaves the distribution out and calls itself 7.10.2, but keeps the tagline.
  if (/"(?:tagline|distribution)"\s*:\s*"(?:The OpenSearch Project|opensearch")/.test(text)) return 'opensearch';
  // So the security plugin of OpenSearch says that a user may not ask for the version.
  if (/"reason"\s*:\s*"no permissions for \[/.test(text)) return 'opensearch';
  return /"(?:tagline|type)"\s*:\s*"(?:You Know, for Search|security_exception)/.test(text)
    ? 'elasticsearch'
    : undefined;
}

/** The version that `GET /` names, or `undefined`. */
export function versionOf({ status, text }: Answer): string | undefined {
  const version = Object(status === 200 && parseObject(text)?.['version']) as Version;
  return typeof version.number === 'string' ? version.number : undefined;
}

/** `Elasticsearch 7.9.0; 7.17 or later is needed`, or `undefined` when the version will do. */
export function tooOld(product: Product, version: string): string | undefined {
  const oldest = OLDEST[product];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return `${NAMES[product]} ${version}; ${oldest.join('.')} or later is needed`;
}
