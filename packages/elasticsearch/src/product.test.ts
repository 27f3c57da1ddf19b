import { expect, test } from 'vitest';
import { productOf, tooOld, versionOf } from './product.ts';

const answer = (status: number, body: object, headers: Record<string, unknown> = {}) =>
  ({ kind: 'answer', status, headers, text: JSON.stringify(body, null, 2) }) as const;
const refusal = (reason: string) => ({ error: { type: 'security_exception', reason }, status: 403 });
const OPENSEARCH = 'The OpenSearch Project: https://opensearch.org/';
const ELASTICSEARCH = 'You Know, for Search';

test.each([
  ['Elasticsearch', 200, { version: { number: '9.5.3' }, tagline: ELASTICSEARCH }, 'elasticsearch', '9.5.3'],
  ['OpenSearch', 200, { version: { distribution: 'opensearch', number: '2.19.6' } }, 'opensearch', '2.19.6'],
  ['in compatibility mode', 200, { version: { number: '7.10.2' }, tagline: OPENSEARCH }, 'opensearch', '7.10.2'],
  [
    'its security plugin',
    403,
    refusal('no permissions for [cluster:monitor/main] and User [name=log]'),
    'opensearch',
    undefined,
  ],
  [
    'that of Elastic',
    403,
    refusal('action [cluster:monitor/main] is unauthorized for user [log]'),
    'elasticsearch',
    undefined,
  ],
  ['a stranger', 200, { version: { number: '1' }, tagline: 'Hello' }, undefined, '1'],
  ['another stranger', 200, ['x'], undefined, undefined],
] as const)('whose answer it is: %s', (_, status, body, product, version) => {
  const given = answer(status, body);
  expect([productOf(given), versionOf(given)]).toEqual([product, version]);
});

test('Elastic’s header says it without a word in the body', () => {
  expect(productOf(answer(403, {}, { 'x-elastic-product': 'Elasticsearch' }))).toBe('elasticsearch');
});

test.each([
  ['elasticsearch', '7.16.3', 'Elasticsearch 7.16.3; 7.17 or later is needed'],
  ['elasticsearch', '7.17.0', undefined],
  ['elasticsearch', '9.5.3', undefined],
  ['opensearch', '1.3.20', 'OpenSearch 1.3.20; 2.7 or later is needed'],
  ['opensearch', '2.6.0', 'OpenSearch 2.6.0; 2.7 or later is needed'],
  ['opensearch', '2.7.0', undefined],
  ['opensearch', '7.10.2', undefined],
] as const)('%s %s', (product, version, said) => {
  expect(tooOld(product, version)).toBe(said);
});
